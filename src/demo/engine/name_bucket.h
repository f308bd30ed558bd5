/// The chat's names on all servers, as the engine has them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "demo/processors/presence.h"
#include "engine.h"
#include "follower.h"

namespace triloop {

/// Two buckets: one has a key for each name in a room, and in it the server that has the member;
/// the other a key for each server, its lease, which goes by itself if the server does not renew
/// it.
///
/// Every call is one attempt, and throws EngineError if it has not worked. Thread safety: any
/// thread may call anything.
class NameBucket {
 public:
  using Key = std::string;  ///< of a room and a name
  /// What stands under a key.
  struct Entry {
    Attendee who;
    std::string node;  ///< its server
    std::uint64_t seq = 0;
  };

  /// Makes the buckets, unless they are there. `node` is this server.
  NameBucket(std::shared_ptr<Engine> engine, std::string node);

  /// How long a lease lasts.
  static constexpr std::chrono::seconds kLease{6};

  static Key key_of(const Attendee& who);
  /// To follow it: the last message of each key, then what comes.
  Reading all() const;
  Key key_in(const Stored& message) const;
  Entry entry_of(const Stored& message) const;

  /// What is known of one visit's attempts.
  struct Attempt {
    bool only_if_gone = false;              ///< it must not take anybody's place
    std::optional<std::uint64_t> behind{};  ///< one of them may have written, behind this
  };
  /// Writes that `who` is here. Returns the entry's sequence; nullopt if another one has the name,
  /// and not the token, on a server that is not among the `dead`; or if another visit has come
  /// since an earlier attempt. One whose answer was lost may have worked: then the next one finds
  /// itself there.
  std::optional<std::uint64_t> take(const Attendee& who, const std::set<std::string>& dead,
                                    Attempt& attempt);
  /// Takes an entry out, if it is still this one.
  void free(const Key& key, std::uint64_t seq);

  void renew_lease();
  void give_lease_back();
  /// The servers that have a lease.
  std::set<std::string> living();

 private:
  const std::shared_ptr<Engine> engine_;
  const std::string node_;
};

}  // namespace triloop
