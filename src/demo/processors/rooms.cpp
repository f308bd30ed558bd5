#include "rooms.h"

#include <utility>

#include "chat_name.h"
#include "token.h"

namespace triloop {
namespace {

constexpr std::size_t kHistoryLines = 50;
constexpr std::size_t kMostAtOnce = 64;  // lines that one who is behind gets at a time

}  // namespace

Rooms::Rooms(std::unique_ptr<Journal> journal, std::unique_ptr<Presence> presence,
             SlowMember slow_member)
    : slow_members_(slow_member), journal_(std::move(journal)), presence_(std::move(presence)) {
  presence_->follow(
      {[this](const Attendee& who) { came(who); },
       [this](const std::string& room, const std::string& name) { went(room, name); }});
  journal_->follow(
      [this](const std::string& room, const std::vector<ChatLine>& lines) { hear(room, lines); });
}

Rooms::~Rooms() = default;

// In this order: from attend() on we remember what is said, then those who are there hear that
// somebody comes, then comes the past. Between the past and what we remember nothing is missing.
std::optional<Attendee> Rooms::join(const Arrival& arrival) {
  // Who brings one keeps it: a welcome may be lost, and with it the token that was in it.
  const std::string token = is_token(arrival.token) ? arrival.token : new_token();
  const Attendee who{identity_of(arrival.room), arrival.name, token, new_token()};
  attend(who.room);
  try {
    if (!presence_->enter(who)) {
      leave(who, false);
      return std::nullopt;
    }
    const Room::Welcome welcome = welcome_for(arrival, who);
    LogLater log;  // before the lock: so it writes after it
    const MutexLock lock(mutex_);
    Room& room = *find(who.room);  // it is attended
    room.sit_down(who, arrival.connection, welcome);
    room.go_on(who, slow_members_, log);
    return who;
  } catch (...) {
    leave(who, false);
    throw;
  }
}

Room::Welcome Rooms::welcome_for(const Arrival& arrival, const Attendee& who) {
  Room::Welcome welcome{arrival.room, {}, journal_->epoch()};
  const bool is_other = !arrival.epoch.empty() && arrival.epoch != welcome.epoch;
  if (arrival.since && !is_other) {
    welcome.past = journal_->since(who.room, *arrival.since, kHistoryLines);
  } else {
    welcome.past = journal_->last(who.room, kHistoryLines);
    welcome.past.gap = arrival.since.has_value();
  }
  return welcome;
}

// One who has been replaced may still say what it had sent before.
std::vector<Kept> Rooms::say(const Attendee& who, const std::vector<Saying>& sayings) {
  return journal_->append(who.room, who.name, sender_of(who.token + identity_of(who.name)),
                          sayings);
}

Room::State Rooms::catch_up(const Attendee& who) {
  std::uint64_t seq = 0;
  {
    LogLater log;
    const MutexLock lock(mutex_);
    Room* const room = find(who.room);
    if (room == nullptr) return Room::State::kLive;
    const Room::State state = room->go_on(who, slow_members_, log);
    if (state != Room::State::kNeedsMore) return state;
    seq = room->seq_of(who);
  }
  const Past past = journal_->since(who.room, seq, kMostAtOnce);
  const MutexLock lock(mutex_);
  if (Room* const room = find(who.room)) room->give(who, past);
  return Room::State::kNeedsMore;
}

void Rooms::leave(const Attendee& who, bool all_go) {
  if (all_go) {
    const MutexLock lock(mutex_);
    all_go_ = true;
  }
  presence_->leave(who);  // first: until others hear that it has left, it hears what they do
  const MutexLock lock(mutex_);
  if (Room* const room = find(who.room)) room->leave(who);
  forget_if_empty(who.room);
}

void Rooms::attend(const std::string& room) {
  const MutexLock lock(mutex_);
  rooms_[room].attend();
}

void Rooms::came(const Attendee& who) {
  LogLater log;
  const MutexLock lock(mutex_);
  rooms_[who.room].came(who, slow_members_, log);
}

void Rooms::went(const std::string& room, const std::string& name) {
  LogLater log;
  const MutexLock lock(mutex_);
  Room* const there = find(room);
  if (there == nullptr) return;
  there->went(name, !all_go_, slow_members_, log);
  forget_if_empty(room);
}

// Under our lock a group takes its own, and under that one a member's queue: always in this order,
// and a queue calls nobody.
void Rooms::hear(const std::string& room, const std::vector<ChatLine>& lines) {
  LogLater log;
  const MutexLock lock(mutex_);
  if (Room* const there = find(room)) there->hear(lines, slow_members_, log);
}

Room* Rooms::find(const std::string& room) {
  const auto place = rooms_.find(room);
  return place == rooms_.end() ? nullptr : &place->second;
}

void Rooms::forget_if_empty(const std::string& room) {
  const auto place = rooms_.find(room);
  if (place != rooms_.end() && place->second.is_empty()) rooms_.erase(place);
}

}  // namespace triloop
