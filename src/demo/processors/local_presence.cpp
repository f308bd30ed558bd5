#include "local_presence.h"

#include "chat_name.h"
#include "token.h"

namespace triloop {

void LocalPresence::follow(Hear hear) { hear_ = std::move(hear); }

bool LocalPresence::enter(const Attendee& who) {
  const MutexLock lock(mutex_);
  const auto [place, is_new] = there_.try_emplace({who.room, identity_of(who.name)}, who);
  if (!is_new && !is_same_token(place->second.token, who.token)) return false;
  place->second = who;
  hear_.came(who);
  return true;
}

void LocalPresence::leave(const Attendee& who) {
  const MutexLock lock(mutex_);
  const auto place = there_.find({who.room, identity_of(who.name)});
  if (place == there_.end() || place->second.visit != who.visit) return;
  there_.erase(place);
  hear_.went(who.room, who.name);
}

}  // namespace triloop
