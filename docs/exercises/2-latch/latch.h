// Exercise 2: the latch that ends a connection. It wakes the one thread that waits.
#pragma once

#include <string>

#include "triloop/sync.h"

// One-shot event that remembers why. Open until the first fire(); fired for ever after. Any thread
// may call anything.
class Latch {
 public:
  // Fires. True for the one call that did it; false, and without effect, ever after.
  bool fire(const std::string& reason) {
    fired_ = true;
    {
      const triloop::MutexLock lock(mutex_);
      reason_ = reason;
    }
    fired_changed_.notify_one();
    return true;
  }

  // Cheap enough for the inside of a loop. Whoever sees true finds the reason.
  bool fired() const { return fired_; }

  // What the first fire() said; empty before.
  std::string reason() const {
    const triloop::MutexLock lock(mutex_);
    return reason_;
  }

  // Blocks until fired; freed by fire() alone. Whoever returns finds the reason.
  void wait() const {
    const triloop::MutexLock lock(mutex_);
    while (!fired_) fired_changed_.wait(mutex_);
  }

 private:
  friend struct Names;  // so that the check can print what the members are called

  mutable triloop::Mutex mutex_;
  mutable triloop::CondVar fired_changed_;
  triloop::Atomic<bool> fired_{false};
  std::string reason_ TRILOOP_GUARDED_BY(mutex_);
};
