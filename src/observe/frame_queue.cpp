#include "observe/frame_queue.h"

#include <cstdint>
#include <utility>

#include "observe/trace.h"

namespace triloop {

PushResult FrameQueue::push_until(Frame& frame, TimePoint deadline) {
  const trace::Slice pushing(names_.push);
  frame.arrow = trace::depart(names_.queue);
  if (follow_ != nullptr) follow_->write(frame);
  const PushResult result = queue_.push_until(frame, deadline);
  if (follow_ != nullptr && result != PushResult::kPushed) follow_->not_written(frame);
  trace::fill(names_.queue, connection_, queue_);
  return result;
}

bool FrameQueue::push_all(std::vector<Frame>& frames) {
  const std::uint64_t last = pushed_.messages.add(frames.size());
  if (follow_ != nullptr) follow_->received(frames, last - frames.size() + 1);
  std::uint64_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  pushed_.bytes.add(bytes);
  const bool pushed = queue_all(frames, kNever) == PushResult::kPushed;
  frames.clear();
  return pushed;
}

PushResult FrameQueue::push_all_until(std::vector<Frame>& frames, TimePoint deadline) {
  if (follow_ != nullptr && !frames.empty()) follow_->write(frames.front());
  const PushResult result = queue_all(frames, deadline);
  if (follow_ != nullptr && !frames.empty()) follow_->not_written(frames.front());
  return result;
}

PushResult FrameQueue::queue_all(std::vector<Frame>& frames, TimePoint deadline) {
  const trace::Slice pushing(names_.push);
  if (trace::is_on()) {
    for (Frame& frame : frames) frame.arrow = trace::depart(names_.queue);
  }
  const PushResult result = queue_.push_all_until(frames, deadline);
  trace::fill(names_.queue, connection_, queue_);
  return result;
}

// The arrow ends in the slice of the user's code that begins with the message.
PopResult FrameQueue::pop_until(Frame& frame, TimePoint deadline) {
  PopResult result{};
  {
    const trace::Gap gap;
    const trace::Slice popping(names_.pop);
    result = queue_.pop_until(frame, deadline);
    trace::fill(names_.queue, connection_, queue_);
  }
  if (result != PopResult::kItems) return result;
  trace::arrive(names_.queue, frame.arrow);
  if (follow_ != nullptr) follow_->read(frame);
  return result;
}

PopResult FrameQueue::pop_batch(std::vector<Frame>& batch, QueueBounds most, TimePoint deadline) {
  done_.messages.add(std::exchange(messages_in_hand_, 0));
  done_.bytes.add(std::exchange(bytes_in_hand_, 0));
  if (follow_ != nullptr) follow_->sent();
  if (keeps_) {
    if (cut_.get()) return PopResult::kClosed;
    batch.reserve(most.items);  // what was taken out, and has no room, nobody could tell of
  }
  const trace::Slice popping(names_.pop);
  const PopResult result = queue_.pop_batch(batch, most, deadline);
  trace::fill(names_.queue, connection_, queue_);
  for (const Frame& frame : batch) {
    trace::arrive(names_.queue, frame.arrow);
    if (frame.followed) follow_->taken(frame);
    if (!is_message(frame)) continue;
    ++messages_in_hand_;
    bytes_in_hand_ += frame.size();
  }
  return result;
}

void FrameQueue::discard() noexcept {
  if (!keeps_) return queue_.discard();
  cut_.set(true);
  queue_.close();
}

// Closed again, for whoever ended it may not have come so far.
std::vector<Frame> FrameQueue::take_rest() {
  queue_.close();
  std::vector<Frame> rest;
  while (queue_.pop_batch(rest, {SIZE_MAX, SIZE_MAX}, kNow) == PopResult::kItems) {
  }
  return rest;
}

}  // namespace triloop
