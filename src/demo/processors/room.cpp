#include "room.h"

#include <algorithm>

#include "chat_name.h"
#include "chat_news.h"
#include "token.h"

namespace triloop {
namespace {

// Of those that RFC 6455 section 7.4.2 leaves to us.
constexpr std::uint16_t kReplaced = 4000;
constexpr std::uint16_t kLostName = 4001;

// Lines that a room remembers. If more are said between two looks into the journal, it is read
// again.
constexpr std::size_t kMostRecent = 256;

PreparedMessage prepared(const std::string& news) { return PreparedMessage(Message::text(news)); }

}  // namespace

void Room::Told::add(PreparedMessage message, std::uint64_t seq) {
  messages.push_back(std::move(message));
  seqs.push_back(seq);
}

void Room::Told::drop(std::size_t count) {
  messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
  seqs.erase(seqs.begin(), seqs.begin() + static_cast<std::ptrdiff_t>(count));
}

// -- Who is there, on all servers -----------------------------------------------------------------

void Room::came(const Attendee& who, SlowMembers& slow, LogLater& log) {
  const auto [place, is_new] = members_.try_emplace(identity_of(who.name));
  Member& member = place->second;
  if (is_new) {
    announce(news_of_join(who.name), slow, log);
  } else if (member.who.visit == who.visit) {
    return;
  } else if (is_same_token(member.who.token, who.token)) {
    member.connection.close(kReplaced, "you have come in again");
  } else {  // this server was held to be dead, and the name was given away
    member.connection.close(kLostName, "somebody else has your name now");
  }
  stand_up(member);
  member = {};
  member.who = who;
}

void Room::went(const std::string& name, bool tell, SlowMembers& slow, LogLater& log) {
  const auto place = members_.find(identity_of(name));
  if (place == members_.end()) return;
  stand_up(place->second);
  members_.erase(place);
  if (tell) announce(news_of_leave(name), slow, log);
}

std::vector<std::string> Room::names(const Attendee& first) const {
  std::vector<std::string> names{first.name};
  for (const auto& [identity, member] : members_) {
    if (member.who.visit != first.visit) names.push_back(member.who.name);
  }
  return names;
}

// -- This server's members ------------------------------------------------------------------------

void Room::sit_down(const Attendee& who, const ConnectionHandle& connection,
                    const Welcome& welcome) {
  Member* const member = find(who);
  if (member == nullptr) return connection.close(kReplaced, "you have come in again");
  Message news =
      Message::text(news_of_room(welcome.room, names(who), welcome.past, who.token, welcome.epoch));
  connection.try_write(news);  // there is room: its queue is empty
  member->connection = connection;
  member->seq = welcome.past.seq;
  member->more = welcome.past.more;
  heard_ = std::max(heard_, welcome.past.heard);
}

void Room::leave(const Attendee& who) {
  if (Member* const member = find(who)) stand_up(*member);
  if (--attending_ > 0) return;
  recent_.clear();
  forgotten_ = 0;
}

// It is told of nothing more.
void Room::stand_up(Member& member) {
  const auto is_it = [&](const Newcomer& one) { return one.member == &member; };
  newcomers_.erase(std::remove_if(newcomers_.begin(), newcomers_.end(), is_it), newcomers_.end());
  group_.leave(member.connection);
  member.live = false;
}

Room::State Room::go_on(const Attendee& who, SlowMembers& slow, LogLater& log) {
  Member* const member = find(who);
  if (member == nullptr || member->live) {
    tell_if_due(slow, log);
    return State::kLive;
  }
  State state = tell_next(*member);
  const bool needs_more = member->more || member->seq < forgotten_;
  if (state == State::kLive && needs_more) state = State::kNeedsMore;
  if (state == State::kLive) {
    if (member->missed_news) member->next.add(prepared(news_of_members(names(who))), 0);
    for (const auto& [line, seq] : recent_) {
      if (seq > member->seq) member->next.add(line, seq);
    }
    state = tell_next(*member);
  }
  member->missed_news = state != State::kLive;
  if (state == State::kLive) go_live(*member);
  return state;
}

// kLive: there is nothing left to tell, or nobody to be told.
Room::State Room::tell_next(Member& member) {
  Told& next = member.next;
  std::size_t written = 0;
  const WriteResult result = member.connection.write_all_for(next.messages, written, {});
  for (std::size_t i = 0; i < written; ++i) member.seq = std::max(member.seq, next.seqs[i]);
  next.drop(written);
  return result == WriteResult::kTimeout ? State::kFull : State::kLive;
}

void Room::go_live(Member& member) {
  member.live = true;
  if (untold_.messages.empty() && member.seq <= heard_) return group_.join(member.connection);
  newcomers_.push_back({&member, untold_.messages.size()});
}

std::uint64_t Room::seq_of(const Attendee& who) {
  const Member* const member = find(who);
  return member == nullptr ? 0 : member->seq;
}

void Room::give(const Attendee& who, const Past& past) {
  Member* const member = find(who);
  if (member == nullptr) return;
  if (past.gap) member->next.add(prepared(news_of_gap()), 0);
  for (const ChatLine& line : past.lines) {
    member->next.add(prepared(news_of_line(line)), line.seq);
  }
  if (past.lines.empty()) member->seq = std::max(member->seq, past.seq);
  member->more = past.more;
}

Room::Member* Room::find(const Attendee& who) {
  const auto place = members_.find(identity_of(who.name));
  const bool is_it = place != members_.end() && place->second.who.visit == who.visit;
  return is_it ? &place->second : nullptr;
}

// -- What happens in it ---------------------------------------------------------------------------

void Room::hear(const std::vector<ChatLine>& lines, SlowMembers& slow, LogLater& log) {
  if (attending_ == 0) return;
  for (const ChatLine& line : lines) {
    const bool is_new = line.seq > heard_;  // to be safe: each comes once
    if (is_new) untold_.add(prepared(news_of_line(line)), line.seq);
  }
  tell(slow, log);
}

void Room::announce(const std::string& news, SlowMembers& slow, LogLater& log) {
  if (attending_ == 0) return;
  untold_.add(prepared(news), 0);
  if (members_.size() <= kLarge) return tell(slow, log);
  tell_if_due(slow, log);
}

void Room::tell_if_due(SlowMembers& slow, LogLater& log) {
  if (!untold_.messages.empty() && Clock::now() >= told_at_ + kTogether) tell(slow, log);
}

void Room::tell(SlowMembers& slow, LogLater& log) {
  if (members_.size() > kLarge) told_at_ = Clock::now();
  const Published published = group_.publish(untold_.messages, slow.overflow());
  slow.look_at(published, log);
  for (const ConnectionHandle& member : published.began_to_miss) falls_behind(member, slow, log);
  for (std::size_t i = 0; i < untold_.seqs.size(); ++i) {
    if (untold_.seqs[i] > 0) remember(untold_.messages[i], untold_.seqs[i]);
  }
  tell_newcomers();
  untold_ = {};
}

// It had been told all, and of what is untold the first ones found room.
void Room::falls_behind(const ConnectionHandle& connection, SlowMembers& slow, LogLater& log) {
  const std::size_t missed = group_.leave(connection);
  const auto is_it = [&](const auto& one) { return one.second.connection == connection; };
  const auto place = std::find_if(members_.begin(), members_.end(), is_it);
  if (place == members_.end()) return;
  Member& member = place->second;
  member.live = false;
  member.missed_news = true;
  member.seq = heard_;
  for (std::size_t i = 0; i + missed < untold_.seqs.size(); ++i) {
    member.seq = std::max(member.seq, untold_.seqs[i]);
  }
  slow.fell_behind(connection, !std::exchange(member.was_slow, true), log);
}

void Room::tell_newcomers() {
  std::vector<Newcomer> still_new;
  for (const Newcomer& one : newcomers_) {
    Member& member = *one.member;
    for (std::size_t i = one.from; i < untold_.messages.size(); ++i) {
      const bool knows = untold_.seqs[i] > 0 && untold_.seqs[i] <= member.seq;
      if (!knows) member.next.add(untold_.messages[i], untold_.seqs[i]);
    }
    member.live = tell_next(member) == State::kLive;
    member.missed_news = !member.live;
    if (!member.live) continue;
    if (member.seq <= heard_) {
      group_.join(member.connection);
    } else {
      still_new.push_back({&member, 0});
    }
  }
  newcomers_ = std::move(still_new);
}

void Room::remember(const PreparedMessage& line, std::uint64_t seq) {
  heard_ = std::max(heard_, seq);
  recent_.emplace_back(line, seq);
  if (recent_.size() <= kMostRecent) return;
  forgotten_ = recent_.front().second;
  recent_.pop_front();
}

}  // namespace triloop
