#include "life/check_path.h"

#include <stdexcept>

namespace triloop {
namespace {

using std::chrono::milliseconds;

// Expanding a compressed message alone takes 16 KiB.
constexpr std::size_t kLeastStackBytes = std::size_t{64} << 10;

constexpr milliseconds kLongest = std::chrono::hours(365 * 24);

}  // namespace

void demand(bool good, const char* what) {
  if (!good) throw std::invalid_argument(what);
}

void demand_sensible(std::initializer_list<milliseconds> durations) {
  for (const auto duration : durations) {
    demand(duration <= kLongest, "intervals and timeouts must not be longer than a year");
  }
}

void demand_stack(std::size_t bytes) {
  demand(bytes == 0 || bytes >= kLeastStackBytes, "stack_bytes must be 0, or at least 65536");
}

void check(const PathOptions& options) {
  demand(options.queue_messages > 0, "queue_messages must be at least 1");
  demand(options.queue_bytes > 0, "queue_bytes must be at least 1");
  demand(options.max_message_bytes > 0, "max_message_bytes must be at least 1");
  demand(options.compress_level >= 1 && options.compress_level <= 9,
         "compress_level must be 1 to 9");
  demand(options.compress_window >= 9 && options.compress_window <= 15,
         "compress_window must be 9 to 15");
  demand(options.ping_interval >= milliseconds(0), "ping_interval must not be negative");
  demand(options.pong_timeout > milliseconds(0), "pong_timeout must be positive");
  demand(options.heartbeat >= milliseconds(0), "heartbeat must not be negative");
  demand(options.close_timeout > milliseconds(0), "close_timeout must be positive");
  demand(options.ending_limit >= milliseconds(0), "ending_limit must not be negative");
  demand_sensible({options.heartbeat, options.ping_interval, options.pong_timeout,
                   options.close_timeout, options.ending_limit});
}

}  // namespace triloop
