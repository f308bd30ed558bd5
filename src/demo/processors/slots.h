/// A counting semaphore: at most a fixed number at once.
#pragma once

#include <chrono>
#include <cstddef>

#include "triloop/latch.h"
#include "triloop/sync.h"

namespace triloop {

/// A fixed number of slots, each held for a scope. Any number of threads.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}

  class Holder {
   public:
    /// Blocks while all slots are held; freed when one of their holders goes, and within half a
    /// second after `over` has fired. Then it holds none.
    Holder(Slots& slots, const Latch& over) : slots_(slots), holds_(slots.take(over)) {}
    ~Holder() {
      if (holds_) slots_.give_back();
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    explicit operator bool() const { return holds_; }

   private:
    Slots& slots_;
    const bool holds_;
  };

 private:
  // Between looks at the latch: no call waits for a slot and a latch at once.
  static constexpr std::chrono::milliseconds kGlance{500};

  bool take(const Latch& over) TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (free_ == 0 && !over.fired()) one_is_free_.wait_until(mutex_, Clock::now() + kGlance);
    if (over.fired()) {
      one_is_free_.notify_one();  // who gives up may have been woken for the slot: somebody else's
      return false;
    }
    --free_;
    return true;
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
