/// A deadline in the form that poll(2) takes.
#pragma once

#include <algorithm>
#include <chrono>

#include "triloop/sync.h"

namespace triloop {

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
