/// The rhythm of what a thread does every so often.
#pragma once

#include <chrono>

#include "triloop/sync.h"

namespace triloop {

/// When to do it again. Beats keep their rhythm however long the doing takes;
/// those that were missed meanwhile are not made up for.
class Beat {
 public:
  explicit Beat(std::chrono::milliseconds interval)
      : interval_(interval), next_(interval.count() > 0 ? Clock::now() + interval : kNever) {}

  TimePoint next() const { return next_; }

  /// True once per beat.
  bool is_due() {
    if (next_ == kNever || Clock::now() < next_) return false;
    while (next_ <= Clock::now()) next_ += interval_;
    return true;
  }

 private:
  const std::chrono::milliseconds interval_;
  TimePoint next_;
};

}  // namespace triloop
