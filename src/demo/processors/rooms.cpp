#include "rooms.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "chat_name.h"
#include "chat_news.h"
#include "token.h"

namespace triloop {
namespace {

constexpr int kHistoryLines = 50;
constexpr std::uint16_t kReplaced = 4000;  // of those that RFC 6455 section 7.4.2 leaves to us

// Never blocks. False if there is no room. One that is over counts as told: it is about to leave.
bool try_tell(const ConnectionHandle& member, const std::string& news) {
  Message message = Message::text(news);
  return member.try_write(message) != WriteResult::kTimeout;
}

// Does it know of all that it missed? Tells it, if there is room.
bool knows_what_it_missed(Member& member) {
  if (member.missed > 0 && !try_tell(member.connection, news_of_gap(member.missed))) return false;
  member.missed = 0;
  return true;
}

}  // namespace

Rooms::Rooms(const std::string& file, SlowMember slow_member)
    : slow_members_(slow_member), history_(file) {}

bool Rooms::join(const std::string& room, const std::string& name,
                 const ConnectionHandle& connection, const std::string& token) {
  // Who brings one keeps it: a welcome may be lost, and with it the token that was in it.
  const std::string kept = is_token(token) ? token : new_token();
  LogLater log;  // before the lock: so it writes after it
  const MutexLock lock(mutex_);
  const std::vector<ChatLine> history = history_.last(identity_of(room), kHistoryLines);
  notice_if_history_is_gone(log);
  Room& members = rooms_[identity_of(room)];
  const auto before = members.find(identity_of(name));
  if (before != members.end() && !is_same_token(before->second.token, kept)) return false;
  std::vector<std::string> names{name};
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member != before) names.push_back(member->second.name);
  }
  // There is room: its queue is empty.
  try_tell(connection, news_of_room(room, names, history, kept));
  if (before == members.end()) {
    tell(members, news_of_join(name), log);
  } else {
    slow_members_.leaves(before->second, log);
    before->second.connection.close(kReplaced, "you have come in again");
  }
  members[identity_of(name)] = {connection, connection.id(), name, kept};
  return true;
}

// One who has been replaced may still say what it had sent before.
void Rooms::say(const std::string& room, const std::string& name, const std::string& text) {
  LogLater log;
  const MutexLock lock(mutex_);
  const std::string news = news_of_line(history_.add(identity_of(room), name, text));
  notice_if_history_is_gone(log);
  const auto members = rooms_.find(identity_of(room));
  if (members != rooms_.end()) tell(members->second, news, log);
}

void Rooms::catch_up(const std::string& room, const std::string& name,
                     const ConnectionHandle& connection) {
  const MutexLock lock(mutex_);
  if (Member* const member = find(room, name, connection)) knows_what_it_missed(*member);
}

void Rooms::leave(const std::string& room, const std::string& name,
                  const ConnectionHandle& connection, bool all_go) {
  LogLater log;
  const MutexLock lock(mutex_);
  const Member* const member = find(room, name, connection);
  if (member == nullptr) return;
  slow_members_.leaves(*member, log);
  Room& members = rooms_[identity_of(room)];
  members.erase(identity_of(name));
  if (!all_go) tell(members, news_of_leave(name), log);
  if (members.empty()) rooms_.erase(identity_of(room));
}

// The member that this connection is; nullptr if another one has come in its place.
Member* Rooms::find(const std::string& room, const std::string& name,
                    const ConnectionHandle& connection) {
  const auto members = rooms_.find(identity_of(room));
  if (members == rooms_.end()) return nullptr;
  const auto member = members->second.find(identity_of(name));
  const bool is_there = member != members->second.end() && member->second.id == connection.id();
  return is_there ? &member->second : nullptr;
}

// Once: it does not come back.
void Rooms::notice_if_history_is_gone(LogLater& log) {
  if (knows_that_history_is_gone_ || !history_.is_gone()) return;
  knows_that_history_is_gone_ = true;
  log.add([] { spdlog::error("chat: the database has been deleted or moved under the server"); });
}

// Under our lock a member's queue takes its own: always in this order, and a queue calls nobody.
void Rooms::tell(Room& room, const std::string& news, LogLater& log) {
  for (auto& [identity, member] : room) {
    if (!knows_what_it_missed(member) || !try_tell(member.connection, news)) {
      slow_members_.put_up_with(member, log);
    }
  }
}

}  // namespace triloop
