/// What becomes of members of a chat that read too slowly.
#pragma once

#include <cstdint>
#include <string>

#include "log_later.h"
#include "triloop/handle.h"
#include "triloop/sync.h"

namespace triloop {

/// What happens when a member's out-queue is full.
enum class SlowMember {
  kSkip,        ///< it misses lines, and is told how many when there is room again
  kDisconnect,  ///< it gets Close with 1008
};

/// One who is in a room.
struct Member {
  ConnectionHandle connection;
  std::uint64_t id = 0;   ///< of the connection that came in
  std::string name;       ///< chat_name() has let it in: it may stand in a log
  std::string token;      ///< whoever brings it is the same person
  int missed = 0;         ///< since it was last told how much
  int missed_in_all = 0;  ///< since it came
};

/// Puts up with the slow ones, and counts. A line in the log when one begins to miss something, and
/// when it leaves or has to.
///
/// Thread safety: one thread at a time; any thread may ask for the counts.
class SlowMembers {
 public:
  explicit SlowMembers(SlowMember policy) : policy_(policy) {}

  /// There was no room for what all others have heard.
  void put_up_with(Member& slow, LogLater& log);
  void leaves(const Member& member, LogLater& log) const;

  /// News that members missed, and members that were disconnected.
  std::uint64_t skipped() const { return skipped_.get(); }
  std::uint64_t disconnected() const { return disconnected_.get(); }

 private:
  const SlowMember policy_;
  Gauge<std::uint64_t> skipped_, disconnected_;
};

}  // namespace triloop
