/// When a client connects again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <optional>
#include <string>

#include "triloop/client_options.h"
#include "triloop/connection_end.h"
#include "triloop/sync.h"

namespace triloop {

/// May another connection go better than the one that has ended so?
bool may_help(const ConnectionEnd& end);

/// Likewise, behind why there was none: how long the server wants to be left alone, mostly 0.
/// nullopt if it would not help. `now` is the clock on the wall.
std::optional<std::chrono::seconds> may_help(const std::exception_ptr& error, std::time_t now);

/// What a Retry-After says, seconds or a date (RFC 9110 section 10.2.3); 0 if it is neither or has
/// passed, a day if it is more.
std::chrono::seconds retry_after(const std::string& value, std::time_t now);

/// How an attempt has ended.
struct Attempt {
  ConnectionEnd end;                 ///< of its connection,
  std::exception_ptr no_connection;  ///< or why there was none
  Clock::duration stood{0};          ///< its connection, for so long
};

/// "connects again", with why, and, unless somebody else is `told`, what was not sent.
void log_again(std::uint64_t id, const Attempt& attempt, std::chrono::milliseconds wait, bool told);

/// The waits between attempts. One thread.
class Backoff {
 public:
  explicit Backoff(const ReconnectOptions& options) : options_(options) {}

  /// The wait between this attempt and the next; nullopt if there is to be none. `now` is the clock
  /// on the wall, `random` is that, and uniform.
  std::optional<std::chrono::milliseconds> wait_behind(const Attempt& attempt, std::time_t now,
                                                       std::uint64_t random);

 private:
  std::chrono::milliseconds longest_wait() const;

  const ReconnectOptions& options_;
  std::size_t retries_ = 0;  // in a row
};

}  // namespace triloop
