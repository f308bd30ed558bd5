/// A connection as it is at this moment.
#pragma once

#include "observe/frame_queue.h"
#include "observe/observer.h"
#include "triloop/latch.h"
#include "triloop/request.h"
#include "triloop/snapshot.h"
#include "websocket/spare_buffers.h"

namespace triloop {

/// Holds one lock at a time, and each for a moment.
ConnectionSnapshot snapshot_of(const Request& request, const Observer& observer,
                               const FrameQueue& in_queue, const FrameQueue& out_queue,
                               const SpareBuffers& spares, const Latch& ending, const Latch& over);

}  // namespace triloop
