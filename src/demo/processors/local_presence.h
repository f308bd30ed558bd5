/// Who is in the chat's rooms, if this program has them to itself.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "presence.h"
#include "triloop/sync.h"

namespace triloop {

/// In memory. No call waits for anything but the lock; `came` and `went` are called under it, so
/// that all hear of them in one order.
class LocalPresence : public Presence {
 public:
  void follow(Hear hear) override;
  bool enter(const Attendee& who) override TRILOOP_EXCLUDES(mutex_);
  void leave(const Attendee& who) override TRILOOP_EXCLUDES(mutex_);

 private:
  Hear hear_;
  Mutex mutex_;
  // By room, and by identity_of(name).
  std::map<std::pair<std::string, std::string>, Attendee> there_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
