#include "processors/rooms.h"

#include <vector>

#include "processors/chat_news.h"

namespace triloop {
namespace {

constexpr int kHistoryLines = 50;

// Never blocks. False if there is no room. One that is over counts as told: it is about to leave.
bool try_tell(const ConnectionHandle& member, const std::string& news) {
  Message message = Message::text(news);
  return member.try_write(message) != WriteResult::kTimeout;
}

}  // namespace

Rooms::Rooms(const std::string& file, SlowMember slow_member)
    : slow_members_(slow_member), history_(file) {}

bool Rooms::join(const std::string& room, const std::string& name,
                 const ConnectionHandle& connection) {
  LogLater log;  // before the lock: so it writes after it
  const MutexLock lock(mutex_);
  const std::vector<ChatLine> history = history_.last(room, kHistoryLines);
  Room& members = rooms_[room];
  if (members.count(name) > 0) return false;
  std::vector<std::string> names{name};
  for (const auto& member : members) names.push_back(member.first);
  try_tell(connection, news_of_room(room, names, history));  // there is room: its queue is empty
  tell(members, news_of_join(name), log);
  members[name].connection = connection;
  return true;
}

void Rooms::say(const std::string& room, const std::string& name, const std::string& text) {
  LogLater log;
  const MutexLock lock(mutex_);
  tell(rooms_[room], news_of_line(history_.add(room, name, text)), log);
}

void Rooms::leave(const std::string& room, const std::string& name, bool all_go) {
  LogLater log;
  const MutexLock lock(mutex_);
  Room& members = rooms_[room];
  slow_members_.leaves(name, members[name], log);
  members.erase(name);
  if (!all_go) tell(members, news_of_leave(name), log);
  if (members.empty()) rooms_.erase(room);
}

// Under our lock a member's queue takes its own: always in this order, and a queue calls nobody.
void Rooms::tell(Room& room, const std::string& news, LogLater& log) {
  for (auto& [name, member] : room) {
    const bool caught_up =
        member.missed == 0 || try_tell(member.connection, news_of_gap(member.missed));
    if (caught_up) member.missed = 0;
    if (!caught_up || !try_tell(member.connection, news)) slow_members_.put_up_with(member, log);
  }
}

}  // namespace triloop
