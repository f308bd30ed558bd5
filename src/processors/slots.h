/// A counting semaphore: at most so many at once.
#pragma once

#include <cstddef>

#include "triloop/sync.h"

namespace triloop {

/// So many slots, each held for a scope. Any number of threads.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}

  class Holder {
   public:
    /// Blocks while all slots are held; freed when one of their holders goes.
    explicit Holder(Slots& slots) : slots_(slots) { slots_.take(); }
    ~Holder() { slots_.give_back(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   private:
    Slots& slots_;
  };

 private:
  void take() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (free_ == 0) one_is_free_.wait(mutex_);
    --free_;
  }
  void give_back() TRILOOP_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      ++free_;
    }
    one_is_free_.notify_one();
  }

  Mutex mutex_;
  CondVar one_is_free_;
  std::size_t free_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
