/// Is the peer alive? The clock of its silence, and the pings that ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/socket.h"
#include "triloop/options.h"
#include "triloop/sync.h"

namespace triloop {

/// Judges a peer that is asked by pings. Anything that it sends is an answer; no answer for
/// `pong_timeout` is silence.
///
/// The reader judges, since it alone can hear: a reader that waits for room judges nobody. And the
/// time counts from the moment in which the peer could have answered. A ping lies in the kernel
/// behind all that was sent before it, which a slow peer may need a minute for. A ping *has
/// arrived* once all of that is acknowledged; its own bytes are not waited for. Until then the peer
/// only has to move, that is, to acknowledge something within `write_timeout`. Once it has arrived,
/// acknowledgements say no more: the kernel of a frozen program sends them for ever.
///
/// Two threads share it: the reader calls listen_until(), heard() and judge(); the writer asks(),
/// has_asked(), and look(), since the reader may be asleep when the ping arrives. Whichever of
/// has_asked(), look() and judge() first sees that it has arrived starts its time.
class Liveness {
 public:
  enum class Verdict {
    kAlive,         ///< or not proven dead: listen on
    kSilent,        ///< the ping has arrived, and nothing has come since
    kTakesNothing,  ///< the ping has not arrived, and nothing on its way moves
  };

  /// Without a `ping_interval` nobody is ever asked, and listen_until() is kNever.
  Liveness(const Socket& socket, const PathOptions& options,
           std::chrono::milliseconds write_timeout)
      : socket_(socket),
        asks_(options.ping_interval.count() > 0),
        pong_timeout_(options.pong_timeout),
        write_timeout_(write_timeout) {}

  /// Until when to listen before judge() is due: for an open question the end of its timeout, or an
  /// eighth of pong_timeout if the ping has not arrived; without one a whole pong_timeout, so that
  /// a ping that is sent after this call needs to wake nobody.
  TimePoint listen_until() const TRILOOP_EXCLUDES(mutex_);

  /// Bytes have come.
  void heard() TRILOOP_EXCLUDES(mutex_);

  /// Nothing has come until listen_until().
  Verdict judge() TRILOOP_EXCLUDES(mutex_);

  /// A ping is about to be sent: an open question, unless there is one.
  void asks() TRILOOP_EXCLUDES(mutex_);

  /// It is sent. If nothing was on its way before it, it has arrived, and pong_timeout runs from
  /// now; else write_timeout does. Says when to look(); kNever if there is no need to.
  TimePoint has_asked() TRILOOP_EXCLUDES(mutex_);

  /// Looks whether the ping has arrived, and says when to look again, likewise.
  TimePoint look() TRILOOP_EXCLUDES(mutex_);

 private:
  // The first ping since the peer was last heard.
  struct Question {
    enum { kUnsent, kOnItsWay, kArrived } where;
    std::uint64_t sent_before;   // bytes
    std::uint64_t acknowledged;  // of all bytes, when it was last looked
    TimePoint since;             // when it has arrived; until then, when something last moved
  };

  bool has_moved(std::uint64_t acknowledged, TimePoint now) TRILOOP_REQUIRES(mutex_);
  TimePoint next_look(TimePoint now) const TRILOOP_REQUIRES(mutex_);

  // How often to look whether the ping has arrived, in parts of the pong timeout.
  static constexpr int kLooks = 8;

  const Socket& socket_;

  const bool asks_;
  const std::chrono::milliseconds pong_timeout_;
  const std::chrono::milliseconds write_timeout_;

  mutable Mutex mutex_;
  std::optional<Question> question_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
