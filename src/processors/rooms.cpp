#include "processors/rooms.h"

#include <spdlog/spdlog.h>

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
    : slow_member_(slow_member), history_(file) {}

bool Rooms::join(const std::string& room, const std::string& name,
                 const ConnectionHandle& connection) {
  const MutexLock lock(mutex_);
  const std::vector<ChatLine> history = history_.last(room, kHistoryLines);
  Room& members = rooms_[room];
  if (members.count(name) > 0) return false;
  std::vector<std::string> names{name};
  for (const auto& member : members) names.push_back(member.first);
  tell(members, news_of_join(name));
  try_tell(connection, news_of_room(room, names, history));  // there is room: its queue is empty
  members[name].connection = connection;
  return true;
}

void Rooms::say(const std::string& room, const std::string& name, const std::string& text) {
  const MutexLock lock(mutex_);
  tell(rooms_[room], news_of_line(history_.add(room, name, text)));
}

void Rooms::leave(const std::string& room, const std::string& name) {
  const MutexLock lock(mutex_);
  Room& members = rooms_[room];
  const int missed = members[name].missed_in_all;
  if (missed > 0) spdlog::info("chat: '{}' missed {}; all members: {}", name, missed, skipped());
  members.erase(name);
  tell(members, news_of_leave(name));
  if (members.empty()) rooms_.erase(room);
}

// Under our lock a member's queue takes its own: always in this order, and a queue calls nobody.
void Rooms::tell(Room& room, const std::string& news) {
  for (auto& [name, member] : room) {
    const bool caught_up =
        member.missed == 0 || try_tell(member.connection, news_of_gap(member.missed));
    if (caught_up) member.missed = 0;
    if (!caught_up || !try_tell(member.connection, news)) put_up_with(member);
  }
}

// There is no room for what everybody else has heard.
void Rooms::put_up_with(Member& slow) {
  const auto id = slow.connection.id();
  if (slow_member_ == SlowMember::kSkip) {
    ++slow.missed, ++slow.missed_in_all;
    skipped_.add(1);
    if (slow.missed_in_all == 1) spdlog::warn("[{}] chat: reads too slowly: news are skipped", id);
    return;
  }
  slow.connection.close(close_code::kPolicyViolation, "you read too slowly");
  slow.connection = ConnectionHandle();  // it hears nothing more
  disconnected_.add(1);
  spdlog::warn("[{}] chat: reads too slowly: disconnected; so far: {}", id, disconnected());
}

}  // namespace triloop
