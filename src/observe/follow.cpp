#include "observe/follow.h"

#include <memory>

#include "observe/frame_queue.h"
#include "observe/observer.h"
#include "websocket/upgrade.h"

namespace triloop {

// Returns how long it was where it was.
std::chrono::nanoseconds Follow::go_to(Place next) {
  const TimePoint now = GaugeClock::now();
  const std::chrono::nanoseconds time = now - since_;
  since_ = now;
  place_ = next;
  return time;
}

void Follow::received(std::vector<Frame>& frames, std::uint64_t number) {
  const MutexLock lock(mutex_);
  if (place_ != Place::nobody || frames.empty()) return;
  frames.front().followed = true;
  now_ = {};
  now_.message = number;
  now_.bytes = frames.front().size();
  go_to(Place::in_queue);
}

void Follow::read(const Frame& frame) {
  const MutexLock lock(mutex_);
  if (frame.followed) {
    now_.in_queue = go_to(Place::processing);
  } else if (place_ == Place::processing) {
    place_ = Place::nobody;
  }
}

void Follow::write(Frame& frame) {
  const MutexLock lock(mutex_);
  if (place_ != Place::processing) return;
  frame.followed = true;
  now_.processing += go_to(Place::out_queue);
}

// Its wait for room was a part of the processing.
void Follow::not_written(const Frame& frame) {
  const MutexLock lock(mutex_);
  if (frame.followed) now_.processing += go_to(Place::processing);
}

void Follow::taken(const Frame& frame) {
  const MutexLock lock(mutex_);
  if (frame.followed) now_.out_queue = go_to(Place::sending);
}

void Follow::sent() {
  const MutexLock lock(mutex_);
  if (place_ != Place::sending) return;
  now_.sending = go_to(Place::nobody);
  last_ = now_;
}

std::optional<FollowedMessage> Follow::last() const {
  const MutexLock lock(mutex_);
  return last_;
}

void identify(const Upgrade& upgrade, Observer& observer, FrameQueue& in_queue,
              FrameQueue& out_queue) {
  observer.number = upgrade.number;
  if (upgrade.label.empty()) return;
  observer.follow = std::make_unique<Follow>(upgrade.label);
  in_queue.follow(*observer.follow);
  out_queue.follow(*observer.follow);
}

}  // namespace triloop
