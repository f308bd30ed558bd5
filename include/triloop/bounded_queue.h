/// The bounded FIFO that joins two threads.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "triloop/queue_lanes.h"
#include "triloop/queue_types.h"
#include "triloop/sync.h"
#include "triloop/trace.h"
#include "triloop/wait_meter.h"

namespace triloop {

/// Bounded FIFO between threads. Open until close(); then push() refuses and pop() drains. That is
/// the first heading below, and docs/wrong-queues.md has it in thirty lines; behind each other
/// heading stands one thing more.
///
/// The bound is on items and on bytes, and full means wait: no item is dropped, nothing grows. An
/// item larger than the byte bound passes alone, when the queue is empty; smaller ones of other
/// threads may overtake it while it waits for that. What one thread pushes stays in order.
///
/// A small lane beside the bound takes urgent items (pongs, pings). Their sender never waits; when
/// the lane is full its oldest item is dropped. They come out first, in their own order. One that
/// came before an item also leaves before it; of those that came later only every second thing that
/// leaves may be one: so a flood of them holds nothing up.
///
/// Most of what a queue costs is not the queue but the waking of the other thread, and a lock that
/// two threads want. Both are paid for each batch instead of each item where there are batches:
/// push_all() and pop_batch(). A batch is what is there; nobody waits for one to fill.
///
/// Whoever changes something notifies after it has let go of the mutex, so that the one who wakes
/// up does not run into it.
///
/// Names and meaning follow the C++ proposal P0260 "Concurrent Queues". There is no size() or
/// empty() to decide by: by the time that such a call returned its answer would be stale.
///
/// If a call throws (no memory), others may go on waiting for what it did not announce: close() the
/// queue then.
///
/// Thread safety: any number of threads may push and pop. It must outlive every call: a push()
/// whose item has been popped may still be about to notify.
template <typename T>
class BoundedQueue {
 public:
  // -- The queue: a bound, and full means wait ----------------------------------------------------

  /// Empty and open.
  explicit BoundedQueue(QueueBounds bounds) : bounds_(bounds) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Appends an item. Blocks while full; freed by a pop or close(). False, and the item is gone,
  /// if the queue is closed.
  bool push(T item) TRILOOP_EXCLUDES(mutex_) {
    return push_until(item, kNever) == PushResult::kPushed;
  }

  /// Removes the next item. Blocks while empty; freed by a push or close(). nullopt once closed
  /// and drained.
  std::optional<T> pop() TRILOOP_EXCLUDES(mutex_) {
    std::optional<T> item;
    {
      const MutexLock lock(mutex_);
      if (await_item(kNever)) item = inside_.take();
      told_the_end_ = !item;
    }
    if (item) has_room_.notify_all();  // all: each may wait for room of another size
    return item;
  }

  /// From now on push() refuses; what is queued can still be popped. Wakes all who wait. Never
  /// blocks; any number of times.
  void close() TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    has_items_.notify_all();
    has_room_.notify_all();
  }

  // -- The same with a deadline -------------------------------------------------------------------

  /// As push(), but blocks no longer than until `deadline`: kNow does not block at all. Moves from
  /// `item` only if it is pushed.
  PushResult push_until(T& item, TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!await_room_for(item, deadline)) return closed_ ? PushResult::kClosed : PushResult::kFull;
      inside_.push(item);
    }
    has_items_.notify_one();  // one: any waiter can take it
    return PushResult::kPushed;
  }

  /// As pop(), but blocks no longer than until `deadline`: kNow does not block at all. Changes
  /// `item` only if there was one.
  PopResult pop_until(T& item, TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!await_item(deadline)) {
        told_the_end_ = closed_;
        return closed_ ? PopResult::kClosed : PopResult::kNothing;
      }
      item = inside_.take();
    }
    has_room_.notify_all();
    return PopResult::kItems;
  }

  // -- Batches: one lock and one wake for all that is there ---------------------------------------

  /// Appends all of `items`, in their order, and leaves it empty. Blocks while full, as often as it
  /// takes; freed by pops or close(). One lock and one wake for as many as find room at once. False
  /// if the queue was closed meanwhile: those that had found room are queued, the rest is gone.
  bool push_all(std::vector<T>& items) TRILOOP_EXCLUDES(mutex_) {
    const bool pushed = push_all_until(items, kNever) == PushResult::kPushed;
    items.clear();
    return pushed;
  }

  /// As push_all(), but blocks no longer than until `deadline`: kNow does not block at all. Removes
  /// from `items` those that it has pushed.
  PushResult push_all_until(std::vector<T>& items, TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    PushResult result = PushResult::kPushed;
    auto next = items.begin();
    while (result == PushResult::kPushed && next != items.end()) {
      {
        const MutexLock lock(mutex_);
        const bool room = await_room_for(*next, deadline);
        if (!room) result = closed_ ? PushResult::kClosed : PushResult::kFull;
        while (room && next != items.end() && inside_.has_room_for(*next, bounds_))
          inside_.push(*next++);
      }
      has_items_.notify_all();  // all: there may be an item for each who waits
    }
    items.erase(items.begin(), next);
    return result;
  }

  /// Appends to `batch` what there is: no more than `most.items`, which is at least 1, and, behind
  /// the first, none that would take it above `most.bytes`. Blocks while there is nothing, until
  /// `deadline` at the latest; comes back early after nudge(), see below.
  PopResult pop_batch(std::vector<T>& batch, QueueBounds most, TimePoint deadline)
      TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      while (!closed_ && !inside_.has_item() && !nudged_) {
        if (!wait_for_items(deadline)) break;
      }
      nudged_ = false;
      if (!inside_.has_item()) {
        told_the_end_ = closed_;
        return closed_ ? PopResult::kClosed : PopResult::kNothing;
      }
      std::size_t bytes = 0;
      for (std::size_t count = 0; count < most.items && inside_.has_item(); ++count) {
        bytes += BytesOf<T>{}(inside_.front());
        if (count > 0 && bytes > most.bytes) break;
        batch.push_back(inside_.take());
      }
    }
    has_room_.notify_all();
    return PopResult::kItems;
  }

  // -- The lane: urgent items past the bound ------------------------------------------------------

  /// Urgent items kept at a time; one more, and the oldest of them makes room.
  static constexpr std::size_t kUrgentItems = 64;

  /// Puts an item into the lane, past the bound. Never blocks. False if the queue is closed.
  bool push_urgent(T item) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (closed_) return false;
      inside_.push_urgent(item, kUrgentItems);
    }
    has_items_.notify_one();
    return true;
  }

  // -- A consumer that has to look up, and an end at once -----------------------------------------

  /// Makes one pop_batch(), the one that waits or the next, look up even though there is nothing
  /// to take: for a consumer whose deadline has changed. Never blocks.
  void nudge() TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      nudged_ = true;
    }
    has_items_.notify_all();  // a waiter in pop() must not swallow it
  }

  /// close(), and throws away what is queued. Never blocks.
  void discard() noexcept TRILOOP_EXCLUDES(mutex_) {
    QueueLanes<T> gone;  // megabytes perhaps: freed when the mutex is, too
    {
      const MutexLock lock(mutex_);
      closed_ = true;
      inside_.swap(gone);
    }
    has_items_.notify_all();
    has_room_.notify_all();
  }

  // -- How it is ----------------------------------------------------------------------------------

  /// Does push() refuse? Unlike a size, this answer can only change once.
  bool is_closed() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_;
  }

  /// Is it closed, and has whoever popped come back since for more, and been told that there is
  /// none? Then that one is done with all that it got; likewise if nobody ever popped an item, and
  /// none is left. Of several who pop one at a time the first to be told counts. Changes only once.
  bool is_finished() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_ && !inside_.has_item() && (told_the_end_ || inside_.popped() == 0);
  }

  /// What is inside, and who waits. Holds the lock for a moment.
  QueueSnapshot snapshot() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return {inside_.items(),      inside_.bytes(),     bounds_,
            for_items_.waiting(), for_room_.waiting(), for_items_.waited(),
            for_room_.waited(),   GaugeClock::now()};
  }

 private:
  // Both: false if the deadline has passed.
  bool wait_for_room(TimePoint deadline) TRILOOP_REQUIRES(mutex_) {
    if (deadline == kNow) return false;
    const trace::Slice waiting("waiting for room");
    for_room_.begin();
    const bool in_time = has_room_.wait_until(mutex_, deadline);
    for_room_.end();
    return in_time;
  }
  bool wait_for_items(TimePoint deadline) TRILOOP_REQUIRES(mutex_) {
    if (deadline == kNow) return false;
    const trace::Slice waiting("waiting for a message");
    for_items_.begin();
    const bool in_time = has_items_.wait_until(mutex_, deadline);
    for_items_.end();
    return in_time;
  }

  // Both look once more after the deadline. A notify may come with it: then this thread alone was
  // told, and has to look.
  bool await_room_for(const T& item, TimePoint deadline) TRILOOP_REQUIRES(mutex_) {
    while (!closed_ && !inside_.has_room_for(item, bounds_)) {
      if (!wait_for_room(deadline)) break;
    }
    return !closed_ && inside_.has_room_for(item, bounds_);
  }
  bool await_item(TimePoint deadline) TRILOOP_REQUIRES(mutex_) {
    while (!closed_ && !inside_.has_item()) {
      if (!wait_for_items(deadline)) break;
    }
    return inside_.has_item();
  }

  const QueueBounds bounds_;

  mutable Mutex mutex_;
  CondVar has_items_;
  CondVar has_room_;
  QueueLanes<T> inside_ TRILOOP_GUARDED_BY(mutex_);
  WaitMeter for_items_ TRILOOP_GUARDED_BY(mutex_);
  WaitMeter for_room_ TRILOOP_GUARDED_BY(mutex_);
  bool closed_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool told_the_end_ TRILOOP_GUARDED_BY(mutex_) = false;  // whoever pops; for is_finished()
  bool nudged_ TRILOOP_GUARDED_BY(mutex_) = false;
};

}  // namespace triloop
