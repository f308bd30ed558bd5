#include "delay.h"

#include <cstdint>
#include <cstdlib>

namespace triloop {
namespace {

constexpr std::chrono::milliseconds kLongestDelay{10'000};

}  // namespace

std::optional<std::chrono::milliseconds> parse_delay(const std::string& text) {
  const char* const begin = text.c_str();
  char* end = nullptr;
  const double number = std::strtod(begin, &end);
  const std::string unit = end;
  if (end == begin || (unit != "ms" && unit != "s")) return std::nullopt;
  const double milliseconds = unit == "s" ? number * 1000 : number;
  if (!(milliseconds >= 0 && milliseconds <= static_cast<double>(kLongestDelay.count()))) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

void be_slow(Connection& connection, std::chrono::milliseconds delay) {
  if (delay.count() > 0) connection.ending().wait_until(Clock::now() + delay);
}

std::optional<std::chrono::milliseconds> delay_of(Connection& connection) {
  const std::string text = connection.request().parameter("delay");
  if (text.empty()) return std::chrono::milliseconds(0);
  const auto delay = parse_delay(text);
  if (!delay) {
    connection.close(close_code::kPolicyViolation, "a delay looks like 200ms, and is at most 10s");
  }
  return delay;
}

}  // namespace triloop
