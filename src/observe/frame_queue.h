/// A queue of a connection, and what it leaves behind for whoever looks on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "observe/follow.h"
#include "observe/meters.h"
#include "triloop/bounded_queue.h"
#include "websocket/frame.h"

namespace triloop {

/// A BoundedQueue of frames that is watched: each call does what it does there. Beside it counts
/// what has passed, and tells a trace how full the queue is and which message goes where.
///
/// Thread safety: as a BoundedQueue, but that one thread calls push_all(), and one pop_batch().
class FrameQueue {
 public:
  /// What it is called in a trace, and what a thread does there that puts a message in, or takes
  /// one out.
  struct Names {
    const char* queue;
    const char* push;
    const char* pop;
  };
  static constexpr Names kIn{"in-queue", "into the in-queue", "read()"};
  static constexpr Names kOut{"out-queue", "write()", "out of the out-queue"};

  FrameQueue(const Names& names, std::uint64_t connection, QueueBounds bounds)
      : names_(names), connection_(connection), queue_(bounds) {}

  PushResult push_until(Frame& frame, TimePoint deadline);
  bool push_all(std::vector<Frame>& frames);
  PushResult push_all_until(std::vector<Frame>& frames, TimePoint deadline);
  bool push_urgent(Frame frame) { return queue_.push_urgent(std::move(frame)); }
  PopResult pop_until(Frame& frame, TimePoint deadline);
  PopResult pop_batch(std::vector<Frame>& batch, QueueBounds most, TimePoint deadline);
  void nudge() { queue_.nudge(); }
  void close() { queue_.close(); }
  void discard() noexcept;
  bool is_closed() const { return queue_.is_closed(); }
  bool is_finished() const { return queue_.is_finished(); }
  /// From now on `follow`, which must outlive it, is told. Before anybody uses it.
  void follow(Follow& follow) { follow_ = &follow; }
  /// From now on what is discarded is not thrown away, but nobody can pop it: it waits for
  /// take_rest(). Before anybody uses it.
  void keep_rest() { keeps_ = true; }
  /// When it is over, and nobody pops any more: what nobody has taken out.
  std::vector<Frame> take_rest();
  /// Likewise: messages that the last pop_batch() took out, and that its thread was not done with.
  std::size_t in_hand() const { return messages_in_hand_; }
  QueueSnapshot snapshot() const { return queue_.snapshot(); }

  /// Messages that push_all() was given.
  const Traffic& pushed() const { return pushed_; }
  /// Messages that pop_batch() has taken out, and that its thread is done with: it has come back
  /// for more.
  const Traffic& done() const { return done_; }

 private:
  PushResult queue_all(std::vector<Frame>& frames, TimePoint deadline);

  const Names names_;
  const std::uint64_t connection_;
  BoundedQueue<Frame> queue_;
  Follow* follow_ = nullptr;  // mostly nobody is followed
  bool keeps_ = false;
  Hint cut_;  // by discard(), which keeps: a batch that is popped meanwhile may still be sent
  Traffic pushed_, done_;
  std::size_t messages_in_hand_ = 0;  // of the last pop_batch()
  std::uint64_t bytes_in_hand_ = 0;
};

}  // namespace triloop
