#include "server/admission.h"

#include "net/event.h"

namespace triloop {

bool Admission::may_arrive() const {
  const MutexLock lock(mutex_);
  return counts_[kArriving] < bounds_[kArriving];
}

bool Admission::anybody_arrives() {
  const MutexLock lock(mutex_);
  each_is_awaited_ = true;
  return counts_[kArriving] > 0;
}

bool Admission::arrive() {
  const MutexLock lock(mutex_);
  return ++counts_[kArriving] > bounds_[kArriving] / 2;
}

bool Admission::has_room(Stage stage) const {
  const MutexLock lock(mutex_);
  return counts_[stage] < bounds_[stage];
}

bool Admission::move(Stage from, Stage to) {
  const MutexLock lock(mutex_);
  if (counts_[to] >= bounds_[to]) return false;
  ++counts_[to];
  take_from(from);
  return true;
}

void Admission::give_back(Stage stage) {
  const MutexLock lock(mutex_);
  take_from(stage);
}

// The accept loop sleeps while nobody may arrive, and while it waits for the last to arrive; at any
// other time it need not be told.
void Admission::take_from(Stage stage) {
  const bool nobody_may_arrive = counts_[kArriving] >= bounds_[kArriving];
  --counts_[stage];
  if (stage == kArriving && (nobody_may_arrive || each_is_awaited_)) room_.signal();
}

}  // namespace triloop
