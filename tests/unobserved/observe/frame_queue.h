// A queue of frames that nobody watches.
#pragma once

#include <cstdint>

#include "triloop/bounded_queue.h"
#include "websocket/frame.h"

namespace triloop {

class FrameQueue : public BoundedQueue<Frame> {
 public:
  enum Names { kIn, kOut };
  FrameQueue(Names /*names*/, std::uint64_t /*connection*/, QueueBounds bounds)
      : BoundedQueue<Frame>(bounds) {}
};

}  // namespace triloop
