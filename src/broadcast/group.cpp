#include "triloop/group.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace triloop {
namespace {

constexpr std::chrono::milliseconds kNoTime{0};

}  // namespace

// One look at all members.
struct Group::Pass {
  const std::vector<PreparedMessage>& messages;
  const Overflow overflow;
  Published published;
  std::vector<Waiting> waiting;
};

Group::Group(Notice notice) : notice_(std::move(notice)) {}

void Group::join(const ConnectionHandle& member, Filter wants) {
  const MutexLock lock(mutex_);
  if (Member* const known = find(member)) {
    known->wants = std::move(wants);
    return;
  }
  if (members_.size() >= forget_at_) {
    keep_those([](const Member& one) { return !one.connection.is_over(); });
    forget_at_ = std::max<std::size_t>(forget_at_, 2 * members_.size());
  }
  members_.push_back({member, std::move(wants)});
}

std::uint64_t Group::leave(const ConnectionHandle& member) {
  const MutexLock lock(mutex_);
  const Member* const found = find(member);
  if (found == nullptr) return 0;
  const std::uint64_t missed = found->missed_in_all;
  erase(found);
  return missed;
}

Published Group::publish(const PreparedMessage& message, Overflow overflow) {
  return publish(std::vector<PreparedMessage>{message}, overflow);
}

Published Group::publish(const std::vector<PreparedMessage>& messages, Overflow overflow) {
  Pass pass{messages, overflow, {}, {}};
  {
    const MutexLock lock(mutex_);
    keep_those([&](Member& member) TRILOOP_REQUIRES(mutex_) { return tell(member, pass); });
  }
  wait_for_the_slow(pass);
  return std::move(pass.published);
}

Published Group::publish_to(const ConnectionHandle& member,
                            const std::vector<PreparedMessage>& messages, Overflow overflow) {
  Pass pass{messages, overflow, {}, {}};
  {
    const MutexLock lock(mutex_);
    Member* const found = find(member);
    if (found != nullptr && !tell(*found, pass)) erase(found);
  }
  wait_for_the_slow(pass);
  return std::move(pass.published);
}

void Group::catch_up(const ConnectionHandle& member) { publish_to(member, {}); }

std::size_t Group::size() const {
  const MutexLock lock(mutex_);
  return members_.size();
}

Group::Member* Group::find(const ConnectionHandle& member) {
  const auto is_it = [&](const Member& one) { return one.connection == member; };
  const auto found = std::find_if(members_.begin(), members_.end(), is_it);
  return found == members_.end() ? nullptr : &*found;
}

void Group::erase(const Member* member) {
  members_.erase(members_.begin() + (member - members_.data()));
}

// In the order in which they have come. Unlike std::remove_if() it may change them.
template <typename Stays>
void Group::keep_those(Stays stays) {
  auto end = members_.begin();
  for (Member& member : members_) {
    if (!stays(member)) continue;
    if (&*end != &member) *end = std::move(member);
    ++end;
  }
  members_.erase(end, members_.end());
}

// Never blocks. False if it is no member any more.
bool Group::tell(Member& member, Pass& pass) {
  std::vector<PreparedMessage> own;  // for who hears something else than the others
  const bool needs_notice = member.missed > 0 && notice_;
  if (needs_notice) own.emplace_back(notice_(member.missed));
  const bool hears_all = !member.wants && !needs_notice;
  if (!hears_all) {
    const auto wants = [&](const PreparedMessage& one) {
      return !member.wants || member.wants(one);
    };
    std::copy_if(pass.messages.begin(), pass.messages.end(), std::back_inserter(own), wants);
  }
  const std::vector<PreparedMessage>& messages = hears_all ? pass.messages : own;
  if (messages.empty()) return true;

  std::size_t written = 0;
  const WriteResult result = member.connection.write_all_for(messages, written, kNoTime);
  if (needs_notice && written > 0) member.missed = 0;
  const std::size_t first = needs_notice ? 1 : 0;  // of the messages: a notice is none
  const std::size_t done = std::max(written, first);
  pass.published.queued += done - first;
  if (result != WriteResult::kTimeout) return result == WriteResult::kQueued;

  const auto rest = messages.begin() + static_cast<std::ptrdiff_t>(written);
  switch (pass.overflow.kind) {
    case Overflow::Kind::kSkip:
      miss(member, messages.size() - done, pass.published);
      return true;
    case Overflow::Kind::kWait:
      pass.waiting.push_back({member.connection, {rest, messages.end()}, 0});
      if (needs_notice) pass.waiting.back().noticed = std::exchange(member.missed, 0);
      return true;
    case Overflow::Kind::kDisconnect:
      break;
  }
  pass.published.disconnected.push_back(member.connection);
  member.connection.close(close_code::kPolicyViolation, "you read too slowly");
  return false;
}

void Group::wait_for_the_slow(Pass& pass) {
  if (pass.waiting.empty()) return;
  const TimePoint deadline = Clock::now() + pass.overflow.timeout;
  for (Waiting& slow : pass.waiting) wait_for(slow, deadline, pass.published);
}

// Blocks until there is room for all, `deadline`, or its end.
void Group::wait_for(Waiting& slow, TimePoint deadline, Published& published) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  std::size_t written = 0;
  const WriteResult result =
      slow.connection.write_all_for(slow.messages, written, std::max(left, kNoTime));
  const std::size_t first = slow.noticed > 0 ? 1 : 0;
  const std::size_t done = std::max(written, first);
  published.queued += done - first;
  if (result != WriteResult::kTimeout) return;
  const MutexLock lock(mutex_);
  Member* const member = find(slow.connection);
  if (member == nullptr) return;
  if (written == 0) member->missed += slow.noticed;
  miss(*member, slow.messages.size() - done, published);
}

void Group::miss(Member& member, std::uint64_t count, Published& published) {
  if (count == 0) return;
  if (member.missed_in_all == 0) published.began_to_miss.push_back(member.connection);
  member.missed += count;
  member.missed_in_all += count;
  published.skipped += count;
}

}  // namespace triloop
