/// The bounded FIFO that joins two threads.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "triloop/meters.h"
#include "triloop/queue_types.h"
#include "triloop/sync.h"
#include "triloop/trace.h"

namespace triloop {

/// Bounded FIFO between threads. Open until close(); then push() refuses and pop() drains.
///
/// The bound is on items and on bytes, and full means wait: nothing is dropped, nothing grows. An
/// item larger than the byte bound passes alone, when the queue is empty; smaller ones of other
/// threads may overtake it while it waits for that. What one thread pushes stays in order.
///
/// A small lane beside the bound takes urgent items (pongs, pings). Their sender never waits; when
/// the lane is full its oldest item is dropped. They come out first, in their own order, but
/// alternate with the others while there are both, so that a flood of them holds nothing up.
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
  /// Urgent items kept at a time; one more, and the oldest of them makes room.
  static constexpr std::size_t kUrgentItems = 64;

  /// Empty and open.
  explicit BoundedQueue(QueueBounds bounds) : bounds_(bounds) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Appends an item. Blocks while full; freed by a pop or close(). False, and the item is gone,
  /// if the queue is closed.
  bool push(T item) TRILOOP_EXCLUDES(mutex_) {
    return push_until(item, kNever) == PushResult::kPushed;
  }

  /// As push(), but blocks no longer than until `deadline`: kNow does not block at all. Moves from
  /// `item` only if it is pushed.
  PushResult push_until(T& item, TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!await_room_for(item, deadline)) return closed_ ? PushResult::kClosed : PushResult::kFull;
      append(item);
    }
    has_items_.notify_one();  // one: any waiter can take it
    return PushResult::kPushed;
  }

  /// Appends all of `items`, in their order, and leaves it empty. Blocks while full, as often as it
  /// takes; freed by pops or close(). One lock and one wake for as many as find room at once. False
  /// if the queue was closed meanwhile: those that had found room are queued, the rest is gone.
  bool push_all(std::vector<T>& items) TRILOOP_EXCLUDES(mutex_) {
    bool open = true;
    auto next = items.begin();
    while (open && next != items.end()) {
      {
        const MutexLock lock(mutex_);
        open = await_room_for(*next, kNever);
        while (open && next != items.end() && has_room_for(*next)) append(*next++);
      }
      has_items_.notify_all();  // all: there may be an item for each who waits
    }
    items.clear();
    return open;
  }

  /// Puts an item into the lane, past the bound. Never blocks. False if the queue is closed.
  bool push_urgent(T item) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (closed_) return false;
      if (urgent_.size() == kUrgentItems) urgent_.pop_front();
      urgent_.push_back(std::move(item));
    }
    has_items_.notify_one();
    return true;
  }

  /// Removes the next item. Blocks while empty; freed by a push or close(). nullopt once closed
  /// and drained.
  std::optional<T> pop() TRILOOP_EXCLUDES(mutex_) {
    std::optional<T> item;
    {
      const MutexLock lock(mutex_);
      if (await_item(kNever)) item = take();
    }
    if (item) has_room_.notify_all();  // all: each may wait for room of another size
    return item;
  }

  /// As pop(), but blocks no longer than until `deadline`: kNow does not block at all. Changes
  /// `item` only if there was one.
  PopResult pop_until(T& item, TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!await_item(deadline)) return closed_ ? PopResult::kClosed : PopResult::kNothing;
      item = take();
    }
    has_room_.notify_all();
    return PopResult::kItems;
  }

  /// Appends to `batch` what there is: no more than `most.items`, which is at least 1, and, behind
  /// the first, none that would take it above `most.bytes`. Blocks while there is nothing, until
  /// `deadline` at the latest; comes back early after nudge().
  PopResult pop_batch(std::vector<T>& batch, QueueBounds most, TimePoint deadline)
      TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      while (!closed_ && !has_item() && !nudged_) {
        if (!wait_for_items(deadline)) break;
      }
      nudged_ = false;
      if (!has_item()) return closed_ ? PopResult::kClosed : PopResult::kNothing;
      std::size_t bytes = 0;
      for (std::size_t count = 0; count < most.items && has_item(); ++count) {
        bytes += BytesOf<T>{}(next_source().front());
        if (count > 0 && bytes > most.bytes) break;
        batch.push_back(take());
      }
    }
    has_room_.notify_all();
    return PopResult::kItems;
  }

  /// Makes one pop_batch(), the one that waits or the next, look up even though there is nothing
  /// to take: for a consumer whose deadline has changed. Never blocks.
  void nudge() TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      nudged_ = true;
    }
    has_items_.notify_all();  // a waiter in pop() must not swallow it
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

  /// close(), and throws away what is queued. Never blocks.
  void discard() noexcept TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      urgent_.clear();
      items_.clear();
      bytes_ = 0;
      closed_ = true;
    }
    has_items_.notify_all();
    has_room_.notify_all();
  }

  /// Other bounds from now on. What is inside stays, even if it is more. Never blocks.
  void set_bounds(QueueBounds bounds) TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      bounds_ = bounds;
    }
    has_room_.notify_all();
  }

  /// What is inside, and who waits. Holds the lock for a moment.
  QueueSnapshot snapshot() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return {items_.size(),
            bytes_,
            bounds_,
            for_items_.waiting(),
            for_room_.waiting(),
            for_items_.waited(),
            for_room_.waited(),
            GaugeClock::now()};
  }

  /// Does push() refuse? Unlike a size, this answer can only change once.
  bool is_closed() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_;
  }

 private:
  bool has_item() const TRILOOP_REQUIRES(mutex_) { return !urgent_.empty() || !items_.empty(); }

  bool has_room_for(const T& item) const TRILOOP_REQUIRES(mutex_) {
    if (items_.empty()) return true;
    const std::size_t bytes = BytesOf<T>{}(item);
    return items_.size() < bounds_.items && bytes_ <= bounds_.bytes &&
           bytes <= bounds_.bytes - bytes_;
  }

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
    while (!closed_ && !has_room_for(item)) {
      if (!wait_for_room(deadline)) break;
    }
    return !closed_ && has_room_for(item);
  }
  bool await_item(TimePoint deadline) TRILOOP_REQUIRES(mutex_) {
    while (!closed_ && !has_item()) {
      if (!wait_for_items(deadline)) break;
    }
    return has_item();
  }

  void append(T& item) TRILOOP_REQUIRES(mutex_) {
    const std::size_t bytes = BytesOf<T>{}(item);
    items_.push_back(std::move(item));
    bytes_ += bytes;
  }

  // Where the next item comes from.
  std::deque<T>& next_source() TRILOOP_REQUIRES(mutex_) {
    const bool urgent = items_.empty() || (!urgent_.empty() && !last_was_urgent_);
    return urgent ? urgent_ : items_;
  }

  T take() TRILOOP_REQUIRES(mutex_) {
    std::deque<T>& source = next_source();
    last_was_urgent_ = &source == &urgent_;
    T item = std::move(source.front());
    source.pop_front();
    if (!last_was_urgent_) bytes_ -= BytesOf<T>{}(item);
    return item;
  }

  mutable Mutex mutex_;
  CondVar has_items_;
  CondVar has_room_;
  QueueBounds bounds_ TRILOOP_GUARDED_BY(mutex_);
  std::deque<T> items_ TRILOOP_GUARDED_BY(mutex_);
  std::deque<T> urgent_ TRILOOP_GUARDED_BY(mutex_);
  std::size_t bytes_ TRILOOP_GUARDED_BY(mutex_) = 0;  // of items_; the lane is not counted
  WaitMeter for_items_ TRILOOP_GUARDED_BY(mutex_);
  WaitMeter for_room_ TRILOOP_GUARDED_BY(mutex_);
  bool last_was_urgent_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool closed_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool nudged_ TRILOOP_GUARDED_BY(mutex_) = false;
};

}  // namespace triloop
