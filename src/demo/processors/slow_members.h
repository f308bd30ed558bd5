/// What becomes of members of a chat that read too slowly.
#pragma once

#include <cstdint>

#include "log_later.h"
#include "triloop/group.h"
#include "triloop/sync.h"

namespace triloop {

/// What happens when a member's out-queue is full.
enum class SlowMember {
  kSkip,        ///< it falls behind: it gets what it has missed from the journal, when it reads
  kDisconnect,  ///< it gets Close with 1008
};

/// Puts up with the slow ones, and counts. A line in the log when one falls behind for the first
/// time, or has to go.
///
/// Thread safety: one thread at a time; any thread may ask for the counts.
class SlowMembers {
 public:
  explicit SlowMembers(SlowMember policy)
      : overflow_(policy == SlowMember::kSkip ? Overflow::skip() : Overflow::disconnect()) {}

  Overflow overflow() const { return overflow_; }

  /// So it went.
  void look_at(const Published& published, LogLater& log);
  void fell_behind(const ConnectionHandle& member, bool first_time, LogLater& log);

  /// How often a member fell behind, and members that were disconnected.
  std::uint64_t fallen_behind() const { return fallen_behind_.get(); }
  std::uint64_t disconnected() const { return disconnected_.get(); }

 private:
  const Overflow overflow_;
  Gauge<std::uint64_t> fallen_behind_, disconnected_;
};

}  // namespace triloop
