/// A deadline from a timeout, and in the form that poll(2) takes.
#pragma once

#include <algorithm>
#include <chrono>

#include "triloop/sync.h"

namespace triloop {

/// A timeout too long for the clock is as good as no timeout.
inline TimePoint deadline_in(std::chrono::milliseconds timeout) {
  if (timeout <= std::chrono::milliseconds(0)) return kNow;
  const TimePoint now = Clock::now();
  if (timeout >= std::chrono::duration_cast<std::chrono::milliseconds>(kNever - now)) return kNever;
  return now + timeout;
}

/// Milliseconds until `deadline`, rounded up lest the caller spin before it; -1, for ever, if it
/// is kNever. At most a day, so the caller must look at the clock again.
inline int poll_timeout(TimePoint deadline) {
  using std::chrono::milliseconds;
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  constexpr milliseconds kDay = std::chrono::hours(24);
  return static_cast<int>(std::clamp(left, milliseconds::zero(), kDay).count());
}

}  // namespace triloop
