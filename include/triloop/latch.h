/// The one-shot latch by which a connection ends, and the reason that it keeps.
#pragma once

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "triloop/sync.h"
#include "triloop/trace.h"

namespace triloop {

/// Close codes that triloop itself uses: of RFC 6455 section 7.4.1, and 1012 to 1014 of IANA's
/// registry (section 11.7).
namespace close_code {
constexpr std::uint16_t kNormal = 1000;          ///< the processor returned
constexpr std::uint16_t kGoingAway = 1001;       ///< Server::stop()
constexpr std::uint16_t kProtocolError = 1002;   ///< the peer broke RFC 6455
constexpr std::uint16_t kNoStatus = 1005;        ///< never on the wire: the Close frame had no code
constexpr std::uint16_t kAbnormal = 1006;        ///< never on the wire: there was no Close frame
constexpr std::uint16_t kInvalidPayload = 1007;  ///< text that is not UTF-8, or corrupt data
constexpr std::uint16_t kPolicyViolation = 1008;  ///< for a processor to say: not you, not so
constexpr std::uint16_t kMessageTooBig = 1009;    ///< more than PathOptions::max_message_bytes
constexpr std::uint16_t kInternalError = 1011;    ///< the processor threw
constexpr std::uint16_t kServiceRestart = 1012;   ///< for a processor to say: come again soon
constexpr std::uint16_t kTryAgainLater = 1013;    ///< something that it takes is not there now
constexpr std::uint16_t kBadGateway = 1014;  ///< for one that passes on: what is behind it fails
}  // namespace close_code

/// Who brought the end about.
enum class ClosedBy {
  peer,         ///< its Close frame, or a violation of the protocol
  application,  ///< Connection::close() or abort(), from any thread
  processor,    ///< the processor returned, or threw
  server,       ///< Server::stop(), or no thread or memory was left for the connection
  network,      ///< a send or receive failed, the stream ended without Close, a clock ran out
};

/// In one word: "peer", "application", ...
inline const char* name_of(ClosedBy by) {
  switch (by) {
    case ClosedBy::peer:
      return "peer";
    case ClosedBy::application:
      return "application";
    case ClosedBy::processor:
      return "processor";
    case ClosedBy::server:
      return "server";
    case ClosedBy::network:
      return "network";
  }
  return "?";
}

/// Why a connection ends: who closed it, the code and text of the Close frame.
struct CloseReason {
  ClosedBy by = ClosedBy::application;       ///< who closed it
  std::uint16_t code = close_code::kNormal;  ///< of the Close frame
  std::string text;                          ///< of the Close frame; of an abort: for the log
};

/// A connection must be able to end when there is no memory for the text that says why: then it is
/// without.
inline CloseReason reason_for(ClosedBy by, std::uint16_t code, std::string_view text) noexcept {
  CloseReason reason{by, code, {}};
  try {
    reason.text = text;
  } catch (const std::bad_alloc&) {
  }
  return reason;
}

/// The same in all three.
inline bool operator==(const CloseReason& a, const CloseReason& b) {
  return a.by == b.by && a.code == b.code && a.text == b.text;
}

/// One-shot event that remembers why. Open until the first fire(); fired for ever after.
///
/// It stands where the Go design has a channel that is closed, a mutex and a flag: firing it twice
/// does no harm, the first reason stays, and who waits or asks later sees it fired. What must
/// happen on firing (close the queues, shut the socket down) is the owner's business: the latch
/// calls nobody, so it can be fired under any circumstances.
///
/// Thread safety: any thread may call anything. It must outlive its waiters, but not the call that
/// fires it.
class Latch {
 public:
  Latch() = default;
  /// Whoever saw that it has fired, however he did, may destroy it: this waits for the call that
  /// fired it to be done with it.
  ~Latch() { const MutexLock lock(mutex_); }
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  /// Fires. Never blocks. True for the one call that did it; false, and without effect, ever after.
  bool fire(CloseReason reason) noexcept TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (reason_) return false;
    reason_ = std::move(reason);
    fired_.store(true, std::memory_order_release);
    // Under the mutex, unlike the queue: so a waiter that has returned may destroy the latch.
    fired_changed_.notify_all();
    return true;
  }

  /// Has it fired? Takes no lock, so a long computation may ask as often as it likes. Whoever
  /// sees true also sees all that the firing thread did before.
  bool fired() const { return fired_.load(std::memory_order_acquire); }

  /// The first reason; nullopt while open. Never blocks.
  std::optional<CloseReason> reason() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return reason_;
  }

  /// Blocks until fired; freed by fire(), or by `deadline`. True if it has fired.
  bool wait_until(TimePoint deadline) const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const trace::Slice waiting("waiting for the latch");
    while (!reason_) {
      if (!fired_changed_.wait_until(mutex_, deadline)) break;
    }
    return reason_.has_value();
  }

  /// Blocks until fired; freed by fire() alone.
  void wait() const { wait_until(kNever); }

 private:
  mutable Mutex mutex_;
  mutable CondVar fired_changed_;
  std::optional<CloseReason> reason_ TRILOOP_GUARDED_BY(mutex_);
  // A copy of reason_.has_value(), written under the mutex: atomic because fired() must stay cheap
  // enough for the inside of a loop. fire() releases what fired() acquires.
  Atomic<bool> fired_{false};
};

}  // namespace triloop
