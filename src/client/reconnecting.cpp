#include "client/reconnecting.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iomanip>
#include <locale>
#include <sstream>
#include <system_error>

#include "net/number.h"
#include "triloop/connect_error.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kDay = std::chrono::hours(24);

// Of the server's: it goes, it has failed, or something that it takes is not there now.
bool is_passing(std::uint16_t code) {
  return code == close_code::kGoingAway || code == close_code::kInternalError ||
         code == close_code::kServiceRestart || code == close_code::kTryAgainLater ||
         code == close_code::kBadGateway;
}

std::optional<seconds> may_help_refused(const ConnectError& refusal, std::time_t now) {
  constexpr int kTooManyRequests = 429;
  constexpr int kServersFault = 500;
  if (refusal.status() != kTooManyRequests && refusal.status() < kServersFault) return std::nullopt;
  const auto found = refusal.headers().find("Retry-After");
  return found == refusal.headers().end() ? seconds(0) : retry_after(found->second, now);
}

}  // namespace

// An ending that we began, and that was cut short, is still ours: what the processor wanted to say
// it has said, and would say again.
bool may_help(const ConnectionEnd& end) {
  switch (end.began.by) {
    case ClosedBy::network:
    case ClosedBy::server:  // no thread, or no memory
      return true;
    case ClosedBy::peer:
      return is_passing(end.began.code);
    case ClosedBy::application:
    case ClosedBy::processor:
      break;
  }
  return false;
}

std::optional<seconds> may_help(const std::exception_ptr& error, std::time_t now) {
  try {
    std::rethrow_exception(error);
  } catch (const ConnectError& refusal) {
    return may_help_refused(refusal, now);
  } catch (const std::system_error& failure) {
    return is_certificate_error(failure.code()) ? std::nullopt : std::optional(seconds(0));
  } catch (...) {
    return std::nullopt;
  }
}

// Of the three forms of a date the one that may be written (RFC 9110 section 5.6.7).
seconds retry_after(const std::string& value, std::time_t now) {
  if (!value.empty() && value.find_first_not_of("0123456789") == std::string::npos) {
    return seconds(parse_number(value, kDay.count()).value_or(kDay.count()));
  }
  std::istringstream text(value);
  text.imbue(std::locale::classic());
  std::tm date{};
  text >> std::get_time(&date, "%a, %d %b %Y %H:%M:%S GMT");
  if (text.fail()) return seconds(0);
  const seconds left(static_cast<std::int64_t>(::timegm(&date)) - static_cast<std::int64_t>(now));
  return std::clamp(left, seconds(0), kDay);
}

void log_again(std::uint64_t id, const Attempt& attempt, milliseconds wait, bool told) {
  const ConnectionEnd& end = attempt.end;
  if (!told && (!end.unsent.empty() || end.in_doubt > 0 || end.unacknowledged_bytes > 0)) {
    spdlog::warn("[{}] not sent: {} messages; sent perhaps: {} messages, {} bytes", id,
                 end.unsent.size(), end.in_doubt, end.unacknowledged_bytes);
  }
  try {
    if (attempt.no_connection) std::rethrow_exception(attempt.no_connection);
    spdlog::info("[{}] connects again in {} ms", id, wait.count());
  } catch (const std::exception& why) {
    spdlog::info("[{}] {}; connects again in {} ms", id, printable(why.what()), wait.count());
  }
}

std::optional<milliseconds> Backoff::wait_behind(const Attempt& attempt, std::time_t now,
                                                 std::uint64_t random) {
  std::optional<seconds> asked_for;
  if (attempt.no_connection) {
    asked_for = may_help(attempt.no_connection, now);
  } else if (may_help(attempt.end)) {
    asked_for = seconds(0);
    if (attempt.stood >= options_.stable_after) retries_ = 0;
  }
  if (!asked_for || retries_ >= options_.max_retries) return std::nullopt;
  const auto choices = static_cast<std::uint64_t>(longest_wait().count()) + 1;
  ++retries_;
  return *asked_for + milliseconds(static_cast<std::int64_t>(random % choices));
}

milliseconds Backoff::longest_wait() const {
  milliseconds longest = options_.first_delay;
  for (std::size_t i = 0; i < retries_ && longest < options_.max_delay; ++i) longest *= 2;
  return std::min(longest, options_.max_delay);
}

}  // namespace triloop
