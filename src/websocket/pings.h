/// The pings of a connection that wait for their pongs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "triloop/fifo.h"
#include "triloop/sync.h"
#include "websocket/frame.h"

namespace triloop {

/// Numbers pings, and tells how long their pongs took. A pong brings its ping's number back, and
/// answers that one and all before it (RFC 6455 section 5.5.3).
///
/// Thread safety: any thread may call anything.
class Pings {
 public:
  /// Pings in flight whose time is known: 10 s of one every 10 ms. Of those beyond it none is.
  static constexpr std::size_t kMost = 1000;

  /// The next one, to be sent. Its time begins now.
  Frame next() TRILOOP_EXCLUDES(mutex_);

  /// A pong has come. One that nobody asked for tells nothing.
  void pong(const std::string& payload) TRILOOP_EXCLUDES(mutex_);

  /// From the last ping that was answered to its pong; nullopt if none was.
  std::optional<std::chrono::nanoseconds> round_trip() const TRILOOP_EXCLUDES(mutex_);

 private:
  struct Pending {
    std::uint64_t number;
    TimePoint at;
  };

  mutable Mutex mutex_;
  std::uint64_t last_ TRILOOP_GUARDED_BY(mutex_) = 0;
  Fifo<Pending> pending_ TRILOOP_GUARDED_BY(mutex_);  // in their order
  std::optional<std::chrono::nanoseconds> round_trip_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
