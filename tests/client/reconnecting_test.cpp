// When a client connects again: what may help, and how long it waits.
#include "client/reconnecting.h"

#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/catch.h"
#include "triloop/client.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::time_t kNowOnTheWall = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

ConnectionEnd ended(ClosedBy by, std::uint16_t code) {
  ConnectionEnd end;
  end.began = end.over = {by, code, ""};
  return end;
}

template <typename Error>
std::optional<seconds> behind(const Error& error) {
  return may_help(std::make_exception_ptr(error), kNowOnTheWall);
}

Attempt lost(Clock::duration stood = {}) {
  Attempt attempt;
  attempt.end = ended(ClosedBy::network, 1006);
  attempt.stood = stood;
  return attempt;
}

class Certificate final : public std::error_category {
 public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int /*value*/) const override { return "not believed"; }
};

TEST_CASE("another connection may help who was lost, or whom the server cannot serve now",
          "[reconnecting]") {
  CHECK(may_help(ended(ClosedBy::network, 1006)));
  CHECK(may_help(ended(ClosedBy::server, 1013)));
  for (const int code : {1001, 1011, 1012, 1013, 1014}) {
    CHECK(may_help(ended(ClosedBy::peer, static_cast<std::uint16_t>(code))));
  }
  for (const int code : {1000, 1002, 1005, 1007, 1008, 1009, 1010, 3000, 4001}) {
    CHECK_FALSE(may_help(ended(ClosedBy::peer, static_cast<std::uint16_t>(code))));
  }
}

TEST_CASE("who has closed connects no more, even if that was cut short", "[reconnecting]") {
  for (const ClosedBy by : {ClosedBy::processor, ClosedBy::application}) {
    for (const int code : {1000, 1001, 1006, 1011}) {
      ConnectionEnd end = ended(by, static_cast<std::uint16_t>(code));
      CHECK_FALSE(may_help(end));
      end.over = {ClosedBy::network, 1006, "reset"};
      CHECK_FALSE(may_help(end));
    }
  }
}

TEST_CASE("another attempt may help if the server was not reached", "[reconnecting]") {
  for (const std::errc why : {std::errc::connection_refused, std::errc::timed_out,
                              std::errc::connection_reset, std::errc::network_unreachable}) {
    CHECK(behind(std::system_error(std::make_error_code(why))) == seconds(0));
  }
  static const Certificate category;
  CHECK_FALSE(behind(std::system_error(std::error_code(18, category))).has_value());
  CHECK_FALSE(behind(std::invalid_argument("a file")).has_value());
  CHECK_FALSE(behind(ConnectError("the key is wrong")).has_value());
}

TEST_CASE("a refusal is final unless it says that it will pass", "[reconnecting]") {
  for (const int status : {429, 500, 502, 503, 504}) {
    CHECK(behind(ConnectError(status, {}, "")) == seconds(0));
  }
  for (const int status : {200, 301, 302, 400, 401, 403, 404, 426}) {
    CHECK_FALSE(behind(ConnectError(status, {{"Retry-After", "1"}}, "")).has_value());
  }
  CHECK(behind(ConnectError(503, {{"retry-after", "7"}}, "")) == seconds(7));
}

TEST_CASE("a Retry-After is seconds or a date, and a day at most", "[reconnecting]") {
  const std::pair<const char*, int> table[] = {
      {"0", 0},
      {"120", 120},
      {"86400", 86400},
      {"86401", 86400},
      {"99999999999999999999999999", 86400},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
      {"Sun, 06 Nov 1994 08:50:00 GMT", 23},
      {"Sun, 06 Nov 1994 08:49:00 GMT", 0},
      {"Mon, 06 Nov 2034 08:49:37 GMT", 86400},
      {"", 0},
      {"-1", 0},
      {"soon", 0},
      {"1.5", 0},
      {"Sun, 99 Nov 1994", 0},
  };
  for (const auto& [value, expected] : table) {
    INFO(value);
    CHECK(retry_after(value, kNowOnTheWall) == seconds(expected));
  }
}

TEST_CASE("the wait is random, and its bound doubles up to the longest", "[reconnecting]") {
  ReconnectOptions options;
  options.max_retries = std::numeric_limits<std::size_t>::max();
  options.first_delay = milliseconds(100);
  options.max_delay = milliseconds(500);
  Backoff least(options), most(options);
  for (const int bound : {100, 200, 400, 500, 500, 500}) {
    const auto choices = static_cast<std::uint64_t>(bound) + 1;
    CHECK(least.wait_behind(lost(), kNowOnTheWall, 7 * choices) == milliseconds(0));
    CHECK(most.wait_behind(lost(), kNowOnTheWall, 8 * choices - 1) == milliseconds(bound));
  }
}

TEST_CASE("what the server asks for is waited for before that", "[reconnecting]") {
  ReconnectOptions options;
  options.max_retries = 1;
  Backoff backoff(options);
  Attempt refused;
  refused.no_connection = std::make_exception_ptr(ConnectError(429, {{"Retry-After", "9"}}, ""));
  CHECK(backoff.wait_behind(refused, kNowOnTheWall, 500) == milliseconds(9'500));
}

TEST_CASE("retries are counted in a row, and a connection that stood begins anew",
          "[reconnecting]") {
  ReconnectOptions options;
  options.max_retries = 2;
  Backoff backoff(options);
  const auto again = [&](Clock::duration stood) {
    return backoff.wait_behind(lost(stood), kNowOnTheWall, 0).has_value();
  };
  CHECK(again({}));
  CHECK(again(seconds(9)));
  CHECK_FALSE(again(seconds(9)));
  CHECK(again(seconds(10)));
  CHECK(again({}));
  CHECK_FALSE(again({}));
}

TEST_CASE("a client without retries has no other attempt", "[reconnecting]") {
  const ReconnectOptions options;
  Backoff backoff(options);
  CHECK_FALSE(backoff.wait_behind(lost(), kNowOnTheWall, 0).has_value());
}

TEST_CASE("options of reconnecting that make no sense are refused", "[reconnecting]") {
  const auto refused = [](auto change) {
    ClientOptions options;
    change(options.reconnect);
    CHECK_THROWS_AS(Client(
                        "ws://localhost/", [](Connection&) {}, options),
                    std::invalid_argument);
  };
  refused([](ReconnectOptions& reconnect) { reconnect.first_delay = milliseconds(0); });
  refused([](ReconnectOptions& reconnect) { reconnect.max_delay = milliseconds(999); });
  refused([](ReconnectOptions& reconnect) { reconnect.stable_after = milliseconds(-1); });
  refused([](ReconnectOptions& reconnect) { reconnect.max_delay = std::chrono::hours(9000); });
}

}  // namespace
}  // namespace triloop
