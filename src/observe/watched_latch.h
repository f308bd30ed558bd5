/// A latch, and what it leaves behind for whoever looks on.
#pragma once

#include <utility>

#include "observe/observer.h"
#include "observe/trace.h"
#include "triloop/latch.h"

namespace triloop {

/// A Latch that is watched: its firing is an instant in a trace, and the writer waits for it on the
/// clock of its goodbye. Others wait for it as for a Latch, and are not counted.
class WatchedLatch : public Latch {
 public:
  /// `name` must live as long as a literal.
  WatchedLatch(const char* name, Observer& observer) : name_(name), observer_(observer) {}

  bool fire(CloseReason reason) noexcept {
    trace::Firing firing(name_, observer_.connection(), reason);
    if (!Latch::fire(std::move(reason))) return false;
    firing.happened();
    return true;
  }

  bool wait_until(TimePoint deadline) const {
    const Stopwatch::Running waiting(observer_.meters.goodbye);
    return Latch::wait_until(deadline);
  }

 private:
  const char* const name_;
  Observer& observer_;
};

}  // namespace triloop
