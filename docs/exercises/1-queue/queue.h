// Exercise 1: the queue between two threads. push() and close() are right; pop() is yours.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "triloop/sync.h"

// Bounded FIFO. Open until close(); then push() refuses and pop() drains. Any number of threads may
// call anything.
class Queue {
 public:
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}

  // Appends an item. Blocks while full; freed by a pop or close(). False if the queue is closed.
  bool push(int item) {
    const triloop::MutexLock lock(mutex_);
    while (!closed_ && items_.size() == capacity_) not_full_.wait(mutex_);
    if (closed_) return false;
    items_.push_back(item);
    not_empty_.notify_one();
    return true;
  }

  // Removes the oldest item. Blocks while empty; freed by a push or close(). nullopt once closed
  // and drained.
  std::optional<int> pop() {
    const triloop::MutexLock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    const int item = items_.front();
    items_.pop_front();
    return item;
  }

  // From now on push() refuses; what is queued can still be popped. Wakes all who wait.
  void close() {
    const triloop::MutexLock lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  friend struct Names;  // so that the check can print what the members are called

  const std::size_t capacity_;
  triloop::Mutex mutex_;
  triloop::CondVar not_empty_, not_full_;
  std::deque<int> items_ TRILOOP_GUARDED_BY(mutex_);
  bool closed_ TRILOOP_GUARDED_BY(mutex_) = false;
};
