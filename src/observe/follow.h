/// Who a connection is to those who look on, and one message at a time on its way through it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "triloop/snapshot.h"
#include "triloop/sync.h"
#include "websocket/frame.h"

namespace triloop {

class FrameQueue;
class Observer;
struct Upgrade;

/// Follows a message from the in-queue to the kernel, and what is written first behind it for its
/// reply. One at a time, the next that is received once nobody is followed: so of a flood most pass
/// with a look. A message behind which nothing is written before the next is read is given up.
///
///     nobody --received()--> in_queue --read()--> processing --write()--> out_queue
///        ^                                            |                       | taken()
///        +-------------------- read() of another --------+                       v
///        +---------------------------- sent() ---------------------------- sending
///
/// Thread safety: any thread may call anything. No call waits but for the mutex.
class Follow {
 public:
  explicit Follow(std::string label) : label_(std::move(label)) {}

  const std::string& label() const { return label_; }

  /// The reader is about to queue them; the first of them is message number `number`.
  void received(std::vector<Frame>& frames, std::uint64_t number) TRILOOP_EXCLUDES(mutex_);
  /// The processor has taken it out.
  void read(const Frame& frame) TRILOOP_EXCLUDES(mutex_);
  /// The processor is about to queue it.
  void write(Frame& frame) TRILOOP_EXCLUDES(mutex_);
  /// It did not, after all.
  void not_written(const Frame& frame) TRILOOP_EXCLUDES(mutex_);
  /// The writer has taken it out.
  void taken(const Frame& frame) TRILOOP_EXCLUDES(mutex_);
  /// The writer is done with all that it has taken.
  void sent() TRILOOP_EXCLUDES(mutex_);

  /// The last that went all the way.
  std::optional<FollowedMessage> last() const TRILOOP_EXCLUDES(mutex_);

 private:
  enum class Place { nobody, in_queue, processing, out_queue, sending };

  std::chrono::nanoseconds go_to(Place next) TRILOOP_REQUIRES(mutex_);

  const std::string label_;
  mutable Mutex mutex_;
  Place place_ TRILOOP_GUARDED_BY(mutex_) = Place::nobody;
  TimePoint since_ TRILOOP_GUARDED_BY(mutex_);  // it is there
  FollowedMessage now_ TRILOOP_GUARDED_BY(mutex_);
  std::optional<FollowedMessage> last_ TRILOOP_GUARDED_BY(mutex_);
};

/// Before its threads start: from now on a snapshot tells which WebSocket it is, and, if it has a
/// label, that, and where its messages spend their time.
void identify(const Upgrade& upgrade, Observer& observer, FrameQueue& in_queue,
              FrameQueue& out_queue);

}  // namespace triloop
