#include "rooms.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "chat_name.h"
#include "chat_news.h"
#include "token.h"

namespace triloop {
namespace {

constexpr int kHistoryLines = 50;
constexpr std::uint16_t kReplaced = 4000;  // of those that RFC 6455 section 7.4.2 leaves to us

PreparedMessage prepared(const std::string& news) { return PreparedMessage(Message::text(news)); }

}  // namespace

Rooms::Room::Room()
    : group([](std::uint64_t missed) { return Message::text(news_of_gap(missed)); }) {}

// What is untold yet it knows by its welcome.
void Rooms::Room::take_in(const ConnectionHandle& connection) {
  if (untold.empty()) return group.join(connection);
  newcomers.push_back({connection, untold.size()});
}

// Returns how much it has missed.
std::uint64_t Rooms::Room::take_out(const ConnectionHandle& connection) {
  const auto is_it = [&](const Newcomer& one) { return one.connection == connection; };
  newcomers.erase(std::remove_if(newcomers.begin(), newcomers.end(), is_it), newcomers.end());
  return group.leave(connection);
}

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
  Room& there = rooms_[identity_of(room)];
  const auto before = there.members.find(identity_of(name));
  if (before != there.members.end() && !is_same_token(before->second.token, kept)) return false;
  std::vector<std::string> names{name};
  for (auto member = there.members.begin(); member != there.members.end(); ++member) {
    if (member != before) names.push_back(member->second.name);
  }
  Message welcome = Message::text(news_of_room(room, names, history, kept));
  connection.try_write(welcome);  // there is room: its queue is empty
  if (before == there.members.end()) {
    announce(there, news_of_join(name), log);
  } else {
    slow_members_.leaves(name, there.take_out(before->second.connection), log);
    before->second.connection.close(kReplaced, "you have come in again");
  }
  there.members[identity_of(name)] = {connection, name, kept};
  there.take_in(connection);
  return true;
}

// One who has been replaced may still say what it had sent before.
void Rooms::say(const std::string& room, const std::string& name,
                const std::vector<std::string>& texts) {
  LogLater log;
  const MutexLock lock(mutex_);
  const std::vector<ChatLine> lines = history_.add(identity_of(room), name, texts);
  notice_if_history_is_gone(log);
  const auto there = rooms_.find(identity_of(room));
  if (there == rooms_.end()) return;
  for (const ChatLine& line : lines) there->second.untold.push_back(prepared(news_of_line(line)));
  tell(there->second, log);
}

void Rooms::catch_up(const std::string& room, const ConnectionHandle& connection) {
  LogLater log;
  const MutexLock lock(mutex_);
  const auto there = rooms_.find(identity_of(room));
  if (there == rooms_.end()) return;
  there->second.group.catch_up(connection);
  tell_if_due(there->second, log);
}

void Rooms::leave(const std::string& room, const std::string& name,
                  const ConnectionHandle& connection, bool all_go) {
  LogLater log;
  const MutexLock lock(mutex_);
  const auto there = rooms_.find(identity_of(room));
  if (there == rooms_.end()) return;
  auto& members = there->second.members;
  const auto member = members.find(identity_of(name));
  // Another connection may have come in its place.
  if (member == members.end() || member->second.connection != connection) return;
  slow_members_.leaves(name, there->second.take_out(connection), log);
  members.erase(member);
  if (!all_go) announce(there->second, news_of_leave(name), log);
  if (members.empty()) rooms_.erase(there);
}

// Once: it does not come back.
void Rooms::notice_if_history_is_gone(LogLater& log) {
  if (knows_that_history_is_gone_ || !history_.is_gone()) return;
  knows_that_history_is_gone_ = true;
  log.add([] { spdlog::error("chat: the database has been deleted or moved under the server"); });
}

void Rooms::announce(Room& room, const std::string& news, LogLater& log) {
  room.untold.push_back(prepared(news));
  if (room.members.size() <= kLargeRoom) return tell(room, log);
  tell_if_due(room, log);
}

void Rooms::tell_if_due(Room& room, LogLater& log) {
  if (!room.untold.empty() && Clock::now() >= room.told_at + kTogether) tell(room, log);
}

// Under our lock the group takes its own, and under that one a member's queue: always in this
// order, and a queue calls nobody.
void Rooms::tell(Room& room, LogLater& log) {
  if (room.members.size() > kLargeRoom) room.told_at = Clock::now();
  const Overflow overflow = slow_members_.overflow();
  slow_members_.look_at(room.group.publish(room.untold, overflow), log);
  for (const Newcomer& one : room.newcomers) {
    room.group.join(one.connection);
    const std::vector<PreparedMessage> news(
        room.untold.begin() + static_cast<std::ptrdiff_t>(one.from), room.untold.end());
    slow_members_.look_at(room.group.publish_to(one.connection, news, overflow), log);
  }
  room.newcomers.clear();
  room.untold.clear();
}

}  // namespace triloop
