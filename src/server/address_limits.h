/// How much one peer may have: limits for each address.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "net/network.h"
#include "triloop/sync.h"

namespace triloop {

/// Counts the open WebSockets of each address, and gives each a bucket of tokens for its
/// handshakes.
///
/// An address of IPv4 is one peer. Of IPv6 it is the /64, of which every host has 2^64 (RFC 4291
/// section 2.5.1); of a link-local address it is the whole of it. Whoever has no address of IP, as
/// the peers of a Unix socket, is not limited.
///
/// *Connections* are counted exactly: there is an entry for each address that has one.
///
/// *Handshakes*: a bucket holds `burst()` tokens, a handshake takes one, and
/// `handshakes_per_second` come back. An empty bucket refuses, and that costs it nothing. Kept is
/// only when a bucket will be full again; one that is full is as one that nobody has ever used, and
/// is forgotten.
///
/// The table of buckets has a bound. When it is full of buckets that are not, the one is forgotten
/// that would be full first: it lacks the least, so its address gains the least, after one
/// handshake one token. A flood of new addresses pushes out its own, and neither locks anybody out
/// nor frees who has emptied his bucket: for that every other bucket in the table has to be emptier
/// than his, by as many handshakes as the table has places, times the burst.
///
/// Thread safety: any thread may call anything. One mutex, and no system call under it.
class AddressLimits {
 public:
  struct Bounds {
    std::size_t connections = 0;            ///< for each address; 0: as many as it likes
    std::size_t handshakes_per_second = 0;  ///< for each address; 0: as many as it likes
    std::size_t addresses = 65'536;         ///< in the table of buckets: 8 MiB of memory
  };

  explicit AddressLimits(const Bounds& bounds);

  /// Of an address that has not been here for long, in one go: as many as in one second, and at
  /// least 10, for a household whose browsers come back all at once after a restart.
  std::size_t burst() const { return burst_; }

  /// Takes a token of that peer_address(). Zero if there was one; else the time until there will be
  /// one, in whole seconds.
  std::chrono::seconds take_token(const std::string& peer, TimePoint now) TRILOOP_EXCLUDES(mutex_);

  /// How many buckets are remembered.
  std::size_t addresses() const TRILOOP_EXCLUDES(mutex_);

  /// One connection of an address, counted from enter() to leave(), or until this goes. One thread
  /// at a time.
  class Seat {
   public:
    explicit Seat(AddressLimits& limits) : limits_(limits) {}
    ~Seat() { leave(); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// False, and nothing is counted, if that peer_address() has as many as it may. Once.
    bool enter(const std::string& peer);
    void leave() noexcept;
    /// See AddressLimits::take_token().
    std::chrono::seconds take_token(const std::string& peer, TimePoint now) const {
      return limits_.take_token(peer, now);
    }

   private:
    AddressLimits& limits_;
    std::optional<IpAddress> counted_;
  };

 private:
  // Of a bucket: when it will be full, by address and in that order.
  using Buckets = std::map<IpAddress, TimePoint>;
  using ByFullness = std::set<std::pair<TimePoint, IpAddress>>;

  bool add(const IpAddress& peer) TRILOOP_EXCLUDES(mutex_);
  void remove(const IpAddress& peer) noexcept TRILOOP_EXCLUDES(mutex_);
  void forget(ByFullness::iterator bucket) TRILOOP_REQUIRES(mutex_);

  const Bounds bounds_;
  const std::size_t burst_;
  const Clock::duration each_;  // from one token to the next
  mutable Mutex mutex_;
  std::map<IpAddress, std::size_t> connections_ TRILOOP_GUARDED_BY(mutex_);
  Buckets buckets_ TRILOOP_GUARDED_BY(mutex_);
  ByFullness by_fullness_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
