#include "nats_presence.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "demo/processors/journal.h"
#include "demo/processors/token.h"

namespace triloop {

NatsPresence::NatsPresence(std::shared_ptr<Engine> engine)
    : engine_(std::move(engine)), node_(new_token()), bucket_(engine_, node_) {
  engine_->keep_trying([&] { bucket_.renew_lease(); });
}

NatsPresence::~NatsPresence() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  keeper_.join();
  follower_.reset();
  try {
    bucket_.give_lease_back();
  } catch (const EngineError& error) {
    spdlog::debug("engine: the lease ends by itself: {}", error.what());
  }
}

void NatsPresence::follow(Hear hear_them) {
  hear_ = std::move(hear_them);
  const Follower::Hear hears{[this] {
                               const MutexLock lock(mutex_);
                               said_anew_.clear();
                               begins_ = true;
                             },
                             [this](const std::vector<Stored>& messages) { hear(messages); },
                             [this] { hear_of_those_who_went_meanwhile(); }};
  follower_ = std::make_unique<Follower>(*engine_, "follow names", bucket_.all(), hears);
  keeper_ = Thread("keep names", [this] { keep_house(); });
}

// -- Coming and going -----------------------------------------------------------------------------

bool NatsPresence::enter(const Attendee& who) {
  const Key key = NameBucket::key_of(who);
  std::set<std::string> dead;
  {
    const MutexLock lock(mutex_);
    entering_.insert(who.visit);
    dead = dead_;
  }
  NameBucket::Attempt attempt;
  std::optional<std::uint64_t> seq;
  std::string failed;
  try {
    engine_->keep_trying([&] { seq = bucket_.take(who, dead, attempt); });
    if (seq && !await_heard(*seq)) failed = "the names do not come";
  } catch (const EngineError& error) {
    failed = error.what();
  }
  const MutexLock lock(mutex_);
  entering_.erase(who.visit);
  const auto known = known_.find(key);
  const bool is_there = known != known_.end() && known->second.who.visit == who.visit;
  if (failed.empty()) {
    // If it is not there any more, another visit has taken its place already.
    if (seq && is_there) own_[key] = known->second;
    return seq.has_value();
  }
  if (is_there) to_free_[key] = known->second.seq;
  throw JournalAway(failed);
}

bool NatsPresence::await_heard(std::uint64_t seq) {
  const TimePoint deadline = Clock::now() + engine_->options().patience;
  const MutexLock lock(mutex_);
  while (heard_ < seq) {
    if (!changed_.wait_until(mutex_, deadline) && heard_ < seq) return false;
  }
  return true;
}

void NatsPresence::leave(const Attendee& who) {
  const Key key = NameBucket::key_of(who);
  std::uint64_t seq = 0;
  {
    const MutexLock lock(mutex_);
    const auto own = own_.find(key);
    if (own == own_.end() || own->second.who.visit != who.visit) return;
    seq = own->second.seq;
    own_.erase(own);
    lost_.erase(key);
    to_free_[key] = seq;
  }
  if (engine_->reachable()) free_name(key, seq);
}

// What does not work now, the keeper tries again.
void NatsPresence::free_name(const Key& key, std::uint64_t seq) {
  try {
    bucket_.free(key, seq);
  } catch (const EngineError&) {
    return;
  }
  const MutexLock lock(mutex_);
  const auto left = to_free_.find(key);
  if (left != to_free_.end() && left->second == seq) to_free_.erase(left);
}

// -- What happens on all servers: on the follower's thread ----------------------------------------

void NatsPresence::hear(const std::vector<Stored>& messages) {
  for (const Stored& message : messages) {
    const Key key = bucket_.key_in(message);
    bool is_new = false;
    {
      const MutexLock lock(mutex_);
      is_new = message.seq > heard_;  // and not said anew
      if (begins_) said_anew_[key] = message.seq;
    }
    if (is_new && message.deleted) hear_of_one_who_went(key, message.seq);
    if (is_new && !message.deleted) hear_of_one_who_came(key, bucket_.entry_of(message));
    const MutexLock lock(mutex_);
    heard_ = std::max(heard_, message.seq);
    changed_.notify_all();
  }
}

void NatsPresence::hear_of_one_who_came(const Key& key, const Entry& entry) {
  {
    const MutexLock lock(mutex_);
    known_[key] = entry;
    const auto own = own_.find(key);
    const bool is_own = own != own_.end() && own->second.who.visit == entry.who.visit;
    if (own != own_.end() && !is_own) own_.erase(own);  // it has been replaced
    if (is_own) own->second.seq = entry.seq;
    lost_.erase(key);
    const bool is_left_over =
        entry.node == node_ && !is_own && entering_.count(entry.who.visit) == 0;
    if (is_left_over) to_free_[key] = entry.seq;  // it has given up, and yet it worked
  }
  hear_.came(entry.who);
}

// One of our own has not gone: we were away, and another server freed its name. The keeper takes it
// back.
void NatsPresence::hear_of_one_who_went(const Key& key, std::uint64_t seq) {
  Attendee who;
  {
    const MutexLock lock(mutex_);
    const auto known = known_.find(key);
    if (known == known_.end()) return;
    who = known->second.who;
    const auto own = own_.find(key);
    if (own != own_.end() && own->second.who.visit == who.visit) {
      own->second.seq = seq;
      lost_.insert(key);
      return;
    }
    known_.erase(known);
    to_free_.erase(key);
  }
  hear_.went(who.room, who.name);
}

// What a new subscription begins with is what one of the replicas has, and that may be behind what
// has been heard: then nobody has gone, and it is begun anew.
void NatsPresence::hear_of_those_who_went_meanwhile() {
  std::vector<Key> gone;
  {
    const MutexLock lock(mutex_);
    std::uint64_t newest = 0;
    for (const auto& [key, seq] : said_anew_) newest = std::max(newest, seq);
    if (newest < heard_) throw EngineError("a replica is behind");
    for (const auto& [key, entry] : known_) {
      if (said_anew_.count(key) == 0) gone.push_back(key);
    }
    said_anew_.clear();
    begins_ = false;
  }
  for (const Key& key : gone) hear_of_one_who_went(key, 0);
}

// -- The keeper's thread --------------------------------------------------------------------------

void NatsPresence::keep_house() {
  for (;;) {
    try {
      engine_->keep_trying([&] { bucket_.renew_lease(); });
      // What takes longer than a turn goes on in the next one: the lease has to be renewed.
      const TimePoint enough = Clock::now() + kRenewal;
      take_names_back(enough);
      free_the_departed(enough);
      look_who_is_dead();
      free_names_of_the_dead(enough);
    } catch (const std::exception& error) {
      spdlog::debug("engine: the names are seen to later: {}", error.what());
      missing_since_.clear();
      const MutexLock lock(mutex_);
      dead_.clear();
    }
    const TimePoint next = Clock::now() + kRenewal;
    const MutexLock lock(mutex_);
    while (!stopping_ && Clock::now() < next) changed_.wait_until(mutex_, next);
    if (stopping_) return;
  }
}

void NatsPresence::take_names_back(TimePoint enough) {
  std::vector<Attendee> lost;
  {
    const MutexLock lock(mutex_);
    for (const Key& key : lost_) {
      const auto own = own_.find(key);
      if (own != own_.end()) lost.push_back(own->second.who);
    }
  }
  for (const Attendee& who : lost) {
    if (Clock::now() >= enough) return;
    NameBucket::Attempt attempt;
    attempt.only_if_gone = true;
    // If somebody has taken it meanwhile, its owner here hears of that by the follower.
    bucket_.take(who, {}, attempt);
  }
}

void NatsPresence::free_the_departed(TimePoint enough) {
  std::map<Key, std::uint64_t> left;
  {
    const MutexLock lock(mutex_);
    left = to_free_;
  }
  for (const auto& [key, seq] : left) {
    if (Clock::now() >= enough) return;
    free_name(key, seq);
  }
}

// First the names, then who lives: whose lease came later is not missed.
void NatsPresence::look_who_is_dead() {
  std::set<std::string> missing;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, entry] : known_) missing.insert(entry.node);
  }
  for (const std::string& node : bucket_.living()) missing.erase(node);
  std::map<std::string, TimePoint> since;
  std::set<std::string> dead;
  for (const std::string& node : missing) {
    const auto before = missing_since_.find(node);
    since[node] = before == missing_since_.end() ? Clock::now() : before->second;
    if (Clock::now() >= since[node] + kMissing) dead.insert(node);
  }
  missing_since_ = std::move(since);
  const MutexLock lock(mutex_);
  dead_ = std::move(dead);
}

void NatsPresence::free_names_of_the_dead(TimePoint enough) {
  std::map<Key, std::uint64_t> theirs;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, entry] : known_) {
      if (dead_.count(entry.node) > 0) theirs[key] = entry.seq;
    }
  }
  for (const auto& [key, seq] : theirs) {
    if (Clock::now() >= enough) return;
    bucket_.free(key, seq);
  }
}

}  // namespace triloop
