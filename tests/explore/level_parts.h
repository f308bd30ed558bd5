// What is inside the queue and the latch, by name and for who looks on. A level may be compiled
// with `triloop` as the name of another namespace, in which one header has a mistake
// (CMakeLists.txt).
#pragma once

#include <string>

#include "scheduler.h"
#include "triloop/bounded_queue.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using triloop::BoundedQueue;
using triloop::CondVar;
using triloop::Fifo;
using triloop::Latch;
using triloop::Mutex;
using triloop::MutexLock;
using triloop::QueueLanes;

using Item = std::string;
using Queue = BoundedQueue<Item>;
using Lanes = QueueLanes<Item>;

// An explicit instantiation may name what is private.
template <typename Tag, typename Tag::Member member>
struct Opened {
  friend typename Tag::Member inside(Tag /*tag*/) { return member; }
};
#define TRILOOP_OPENED(Tag, Class, Type, member) \
  struct Tag {                                   \
    using Member = Type Class::*;                \
    friend Member inside(Tag tag);               \
  };                                             \
  template struct Opened<Tag, &Class::member>
TRILOOP_OPENED(QueueMutex, Queue, Mutex, mutex_);
TRILOOP_OPENED(QueueHasItems, Queue, CondVar, has_items_);
TRILOOP_OPENED(QueueHasRoom, Queue, CondVar, has_room_);
TRILOOP_OPENED(QueueInside, Queue, Lanes, inside_);
TRILOOP_OPENED(QueueClosed, Queue, bool, closed_);
TRILOOP_OPENED(LanesItems, Lanes, Fifo<Item>, items_);
TRILOOP_OPENED(LatchMutex, Latch, Mutex, mutex_);
TRILOOP_OPENED(LatchChanged, Latch, CondVar, fired_changed_);
TRILOOP_OPENED(LatchFired, Latch, triloop::Atomic<bool>, fired_);
TRILOOP_OPENED(LatchReason, Latch, std::optional<triloop::CloseReason>, reason_);
#undef TRILOOP_OPENED

[[maybe_unused]] const Item& text_of(const Item& item) { return item; }
template <typename Urgent>
const Item& text_of(const Urgent& urgent) {
  return urgent.item;
}

template <typename T>
std::string cells_of(Fifo<T> items) {
  std::string all;
  for (; !items.empty(); items.pop_front())
    all += (all.empty() ? "" : " ") + text_of(items.front());
  return all;
}

// Of a type that is private, too: so the function is made for whatever it is.
struct LanesUrgent {};
std::string cells_of(const Lanes& lanes, LanesUrgent tag);
template <auto member>
struct OpenedUrgent {
  friend std::string cells_of(const Lanes& lanes, LanesUrgent /*tag*/) {
    return cells_of(lanes.*member);
  }
};
template struct OpenedUrgent<&Lanes::urgent_>;

// A queue in a level, under its name: "out-queue".
class ShownQueue {
 public:
  ShownQueue(Queue& queue, const std::string& called, std::size_t capacity, bool alone)
      : items_(alone ? "items" : called, capacity,
               [&queue] { return cells_of(queue.*inside(QueueInside()).*inside(LanesItems())); }) {
    const std::string of = alone ? "" : called + "'s ";
    name(queue.*inside(QueueMutex()), alone ? "the mutex" : (of + "mutex").c_str());
    name(queue.*inside(QueueHasItems()), (of + "has_items").c_str());
    name(queue.*inside(QueueHasRoom()), (of + "has_room").c_str());
  }

 private:
  Watch items_;
};

[[maybe_unused]] void name_latch(Latch& latch, const std::string& of) {
  name(latch.*inside(LatchMutex()), of.empty() ? "the mutex" : (of + "mutex").c_str());
  name(latch.*inside(LatchChanged()), (of + "fired_changed").c_str());
  name(latch.*inside(LatchFired()), (of + "fired").c_str());
}

[[maybe_unused]] std::string flag(bool set) { return set ? "1" : "0"; }

}  // namespace
}  // namespace explore
