/// Who is in the chat's rooms, if several servers share them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "demo/processors/presence.h"
#include "engine.h"
#include "follower.h"
#include "name_bucket.h"
#include "triloop/sync.h"

namespace triloop {

/// In buckets of the engine: see NameBucket. All servers follow them, and take out the names of one
/// that has lost its lease.
///
/// enter() waits for the engine as NatsJournal does; leave() tries once, and the keeper goes on. Of
/// names that this server has lost (it was away from the engine for longer than a lease lasts) it
/// takes back those that nobody else has taken.
class NatsPresence : public Presence {
 public:
  /// Makes the buckets, unless they are there, and takes a lease. Throws EngineError.
  explicit NatsPresence(std::shared_ptr<Engine> engine);
  /// Gives the lease back.
  ~NatsPresence() override;
  NatsPresence(const NatsPresence&) = delete;
  NatsPresence& operator=(const NatsPresence&) = delete;

  void follow(Hear hear) override;
  bool enter(const Attendee& who) override TRILOOP_EXCLUDES(mutex_);
  void leave(const Attendee& who) override TRILOOP_EXCLUDES(mutex_);

  /// How often the lease is renewed.
  static constexpr std::chrono::seconds kRenewal{2};
  /// A server is dead, and its names are free, if it had no lease for so long while we could look.
  /// When the engine comes back all may renew theirs first.
  static constexpr std::chrono::seconds kMissing{4};

 private:
  using Key = NameBucket::Key;
  using Entry = NameBucket::Entry;

  bool await_heard(std::uint64_t seq) TRILOOP_EXCLUDES(mutex_);
  void free_name(const Key& key, std::uint64_t seq) TRILOOP_EXCLUDES(mutex_);

  void hear(const std::vector<Stored>& messages) TRILOOP_EXCLUDES(mutex_);
  void hear_of_one_who_came(const Key& key, const Entry& entry) TRILOOP_EXCLUDES(mutex_);
  void hear_of_one_who_went(const Key& key, std::uint64_t seq) TRILOOP_EXCLUDES(mutex_);
  void hear_of_those_who_went_meanwhile() TRILOOP_EXCLUDES(mutex_);

  void keep_house() TRILOOP_EXCLUDES(mutex_);
  void take_names_back(TimePoint enough) TRILOOP_EXCLUDES(mutex_);
  void free_the_departed(TimePoint enough) TRILOOP_EXCLUDES(mutex_);
  void look_who_is_dead() TRILOOP_EXCLUDES(mutex_);
  void free_names_of_the_dead(TimePoint enough) TRILOOP_EXCLUDES(mutex_);

  const std::shared_ptr<Engine> engine_;
  const std::string node_;  // this server
  NameBucket bucket_;
  Hear hear_;

  Mutex mutex_;
  CondVar changed_;
  std::uint64_t heard_ TRILOOP_GUARDED_BY(mutex_) = 0;     // hear_ has been told up to there
  std::map<Key, Entry> known_ TRILOOP_GUARDED_BY(mutex_);  // who is there, on all servers
  bool begins_ TRILOOP_GUARDED_BY(mutex_) = false;  // the follower: what is there is said anew
  std::map<Key, std::uint64_t> said_anew_ TRILOOP_GUARDED_BY(mutex_);  // since then
  std::set<std::string> entering_ TRILOOP_GUARDED_BY(mutex_);          // visits to this server
  std::map<Key, Entry> own_ TRILOOP_GUARDED_BY(mutex_);                // who have entered here
  std::set<Key> lost_ TRILOOP_GUARDED_BY(mutex_);  // of these: another server has freed them
  std::map<Key, std::uint64_t> to_free_ TRILOOP_GUARDED_BY(mutex_);  // who have left, or given up
  std::map<std::string, TimePoint> missing_since_;                   // the keeper's: servers
  std::set<std::string> dead_ TRILOOP_GUARDED_BY(mutex_);            // servers
  bool stopping_ TRILOOP_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Follower> follower_;
  Thread keeper_;  // renews the lease, and sees to what could not be done at once
};

}  // namespace triloop
