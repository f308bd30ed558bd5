/// How long threads have waited for something that a lock guards.
#pragma once

#include <chrono>

#include "triloop/sync.h"

namespace triloop {

/// How many threads wait for something, and how long all of them together have.
///
/// Thread safety: none; it stands under the lock of what is waited for.
class WaitMeter {
 public:
  void begin() {
    pass_time();
    ++waiting_;
  }
  void end() {
    pass_time();
    --waiting_;
  }

  int waiting() const { return waiting_; }
  std::chrono::nanoseconds waited() const {
    return waited_ + waiting_ * (GaugeClock::now() - last_);
  }

 private:
  void pass_time() {
    const TimePoint now = GaugeClock::now();
    waited_ += waiting_ * (now - last_);
    last_ = now;
  }

  int waiting_ = 0;
  std::chrono::nanoseconds waited_{0};
  TimePoint last_{};  // when either of them was changed
};

}  // namespace triloop
