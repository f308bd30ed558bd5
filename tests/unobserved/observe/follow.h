// Nobody is told apart, and nothing is followed.
#pragma once

#include "observe/frame_queue.h"
#include "observe/observer.h"
#include "websocket/upgrade.h"

namespace triloop {

inline void identify(const Upgrade& /*upgrade*/, Observer& /*observer*/, FrameQueue& /*in_queue*/,
                     FrameQueue& /*out_queue*/) {}

}  // namespace triloop
