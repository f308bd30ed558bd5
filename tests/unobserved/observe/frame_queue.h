// A queue of frames that nobody watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "triloop/bounded_queue.h"
#include "websocket/frame.h"

namespace triloop {

class FrameQueue : public BoundedQueue<Frame> {
 public:
  enum Names { kIn, kOut };
  FrameQueue(Names /*names*/, std::uint64_t /*connection*/, QueueBounds bounds)
      : BoundedQueue<Frame>(bounds) {}

  PopResult pop_batch(std::vector<Frame>& batch, QueueBounds most, TimePoint deadline) {
    in_hand_ = 0;
    if (keeps_ && cut_.get()) return PopResult::kClosed;
    const PopResult result = BoundedQueue<Frame>::pop_batch(batch, most, deadline);
    for (const Frame& frame : batch) in_hand_ += is_message(frame) ? 1 : 0;
    return result;
  }
  void discard() noexcept {
    if (!keeps_) return BoundedQueue<Frame>::discard();
    cut_.set(true);
    close();
  }
  void keep_rest() { keeps_ = true; }
  std::vector<Frame> take_rest() {
    close();
    std::vector<Frame> rest;
    while (BoundedQueue<Frame>::pop_batch(rest, {SIZE_MAX, SIZE_MAX}, kNow) == PopResult::kItems) {
    }
    return rest;
  }
  std::size_t in_hand() const { return in_hand_; }

 private:
  bool keeps_ = false;
  Hint cut_;
  std::size_t in_hand_ = 0;
};

}  // namespace triloop
