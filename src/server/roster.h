/// Who is connected, for those who look on.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "server/served.h"
#include "triloop/snapshot.h"
#include "triloop/sync.h"

namespace triloop {

/// The connections of a server, and how the last of them ended.
///
/// It shares each connection with the accept loop: a snapshot that has begun may be the last to let
/// go of one whose threads have been joined.
///
/// Thread safety: any thread may call anything.
class Roster {
 public:
  /// How many of those that have ended are kept.
  static constexpr std::size_t kEnded = 32;

  void add(std::shared_ptr<const Served> served);

  /// Its threads have been joined. Of one that was a WebSocket the last snapshot is kept, unless
  /// there is no memory left for it.
  void remove(std::uint64_t id) noexcept;

  /// Holds one lock at a time, and each for a moment.
  ServerSnapshot snapshot() const;

 private:
  std::shared_ptr<const Served> find(std::uint64_t id) const;
  static std::list<ConnectionSnapshot> last_of(const Served& served) noexcept;

  const TimePoint since_ = GaugeClock::now();

  mutable Mutex mutex_;
  std::uint64_t accepted_ TRILOOP_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::shared_ptr<const Served>> present_ TRILOOP_GUARDED_BY(mutex_);
  std::list<ConnectionSnapshot> ended_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
