// Five bounded queues that look right, and the right one. docs/wrong-queues.md shows each between
// its marks, with the shortest schedule that breaks it.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "scheduler.h"
#include "triloop/sync.h"

namespace explore {

using triloop::CondVar;
using triloop::Mutex;
using triloop::MutexLock;

// [the right one]
struct Queue {
  explicit Queue(std::size_t most) : capacity(most) {}

  bool push(int item) {
    const MutexLock lock(mutex);
    while (!closed && items.size() == capacity) not_full.wait(mutex);
    if (closed) return false;
    items.push_back(item);
    not_empty.notify_one();
    return true;
  }

  std::optional<int> pop() {
    const MutexLock lock(mutex);
    while (!closed && items.empty()) not_empty.wait(mutex);
    if (items.empty()) return std::nullopt;
    const int item = items.front();
    items.pop_front();
    not_full.notify_one();
    return item;
  }

  void close() {
    const MutexLock lock(mutex);
    closed = true;
    not_empty.notify_all();
    not_full.notify_all();
  }

  const std::size_t capacity;
  Mutex mutex;
  CondVar not_empty, not_full;
  std::deque<int> items;
  bool closed = false;
};
// [end]

// What the wrong ones do not change is the right one's. take() is what it has in the line.
struct Base : Queue {
  using Queue::Queue;

  int take() {
    require(!items.empty(), "it takes from an empty queue");
    const int item = items.front();
    items.pop_front();
    not_full.notify_one();
    return item;
  }
};

struct IfForWhile : Base {
  using Base::Base;
  // [if for while]
  std::optional<int> pop() {
    const MutexLock lock(mutex);
    if (!closed && items.empty()) not_empty.wait(mutex);
    if (closed && items.empty()) return std::nullopt;
    return take();
  }
  // [end]
};

struct CloseWakesOne : Base {
  using Base::Base;
  // [close wakes one]
  void close() {
    const MutexLock lock(mutex);
    closed = true;
    not_empty.notify_one();
    not_full.notify_one();
  }
  // [end]
};

struct FlagOutsideTheLock : Base {
  using Base::Base;
  // [the flag outside the lock]
  std::optional<int> pop() {
    const MutexLock lock(mutex);
    while (!closed.load() && items.empty()) not_empty.wait(mutex);
    if (items.empty()) return std::nullopt;
    return take();
  }

  void close() {
    closed.store(true);  // it is atomic, so what should a lock be good for?
    not_empty.notify_all();
    not_full.notify_all();
  }

  triloop::Atomic<bool> closed{false};
  // [end]
};

struct OneCondition : Base {
  using Base::Base;
  // [one condition for both sides]
  bool push(int item) {
    const MutexLock lock(mutex);
    while (!closed && items.size() == capacity) changed.wait(mutex);
    if (closed) return false;
    items.push_back(item);
    changed.notify_one();
    return true;
  }

  std::optional<int> pop() {
    const MutexLock lock(mutex);
    while (!closed && items.empty()) changed.wait(mutex);
    if (items.empty()) return std::nullopt;
    const int item = items.front();
    items.pop_front();
    changed.notify_one();
    return item;
  }

  CondVar changed;
  // [end]
};

struct NotifyWhenEmpty : Base {
  using Base::Base;
  // [a notify that is saved]
  bool push(int item) {
    const MutexLock lock(mutex);
    while (!closed && items.size() == capacity) not_full.wait(mutex);
    if (closed) return false;
    const bool was_empty = items.empty();
    items.push_back(item);
    if (was_empty) not_empty.notify_one();  // else nobody can be waiting
    return true;
  }
  // [end]
};

}  // namespace explore
