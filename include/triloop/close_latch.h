/// The one-shot latch by which a connection ends, and the reason that it keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "triloop/sync.h"
#include "triloop/trace.h"

namespace triloop {

/// Close codes of RFC 6455 section 7.4.1 that triloop itself uses.
namespace close_code {
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNoStatus = 1005;  ///< never on the wire: the Close frame had no code
constexpr std::uint16_t kAbnormal = 1006;  ///< never on the wire: there was no Close frame
constexpr std::uint16_t kInvalidPayload = 1007;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kMessageTooBig = 1009;
constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

/// Who brought the end about.
enum class ClosedBy {
  peer,         ///< its Close frame, or a violation of the protocol
  application,  ///< Connection::close() or abort(), from any thread
  processor,    ///< the processor returned, or threw
  server,       ///< Server::stop(), or no thread or memory was left for the connection
  network,      ///< a send or receive failed, the stream ended without Close, a deadline passed
};

/// "peer", "application", ...
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
  ClosedBy by = ClosedBy::application;
  std::uint16_t code = close_code::kNormal;
  std::string text;
};

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
/// Thread safety: any thread may call anything. It must outlive its waiters.
class CloseLatch {
 public:
  /// Fires. True for the one call that did it; false, and without effect, ever after.
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

  /// The first reason; nullopt while open.
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
  // enough for the inside of a loop.
  Atomic<bool> fired_{false};
};

}  // namespace triloop
