// A latch that nobody watches.
#pragma once

#include "observe/observer.h"
#include "triloop/latch.h"

namespace triloop {

class WatchedLatch : public Latch {
 public:
  WatchedLatch(const char* /*name*/, Observer& /*observer*/) {}
};

}  // namespace triloop
