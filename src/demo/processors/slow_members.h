/// What becomes of members of a chat that read too slowly.
#pragma once

#include <cstdint>
#include <string>

#include "log_later.h"
#include "triloop/group.h"
#include "triloop/sync.h"

namespace triloop {

/// What happens when a member's out-queue is full.
enum class SlowMember {
  kSkip,        ///< it misses lines, and is told how many when there is room again
  kDisconnect,  ///< it gets Close with 1008
};

/// Puts up with the slow ones, and counts. A line in the log when one begins to miss something, and
/// when it leaves or has to.
///
/// Thread safety: one thread at a time; any thread may ask for the counts.
class SlowMembers {
 public:
  explicit SlowMembers(SlowMember policy)
      : overflow_(policy == SlowMember::kSkip ? Overflow::skip() : Overflow::disconnect()) {}

  Overflow overflow() const { return overflow_; }

  /// So it went.
  void look_at(const Published& published, LogLater& log);
  /// `name` leaves, which chat_name() has let in: it may stand in a log. It has missed so much.
  void leaves(const std::string& name, std::uint64_t missed, LogLater& log) const;

  /// News that members missed, and members that were disconnected.
  std::uint64_t skipped() const { return skipped_.get(); }
  std::uint64_t disconnected() const { return disconnected_.get(); }

 private:
  const Overflow overflow_;
  Gauge<std::uint64_t> skipped_, disconnected_;
};

}  // namespace triloop
