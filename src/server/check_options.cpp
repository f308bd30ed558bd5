#include "server/check_options.h"

#include <chrono>
#include <cstddef>

#include "net/unix_address.h"
#include "server/listen_address.h"
#include "server/trust.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;

// More than a system has processes, by default.
constexpr std::size_t kMostSpareThreads = 65'536;

// The clock's steps are shorter than what lies between two of them.
constexpr std::size_t kMostHandshakes = 1'000'000;

}  // namespace

const Options& checked(const Options& options) {
  check(options);
  listen_addresses(options);
  const Trust networks_are_sound(options);
  demand(options.take_over.size() <= kMostUnixPathBytes,
         "take_over must be a path of at most 103 bytes");
  demand(options.max_connections > 0, "max_connections must be at least 1");
  demand(options.handshakes_per_second <= kMostHandshakes,
         "handshakes_per_second must be at most 1000000");
  demand(options.max_handshakes > 0, "max_handshakes must be at least 1");
  demand_stack(options.stack_bytes);
  demand(options.spare_threads <= kMostSpareThreads, "spare_threads must be at most 65536");
  demand(options.handshake_timeout > milliseconds(0), "handshake_timeout must be positive");
  demand(options.write_timeout > milliseconds(0), "write_timeout must be positive");
  demand(options.drain_timeout >= milliseconds(0), "drain_timeout must not be negative");
  demand(
      is_sendable_close_code(options.stop_code),
      (std::string("stop_code must be a code that may be sent: ") + kSendableCloseCodes).c_str());
  demand_sensible({options.handshake_timeout, options.write_timeout, options.drain_timeout});
  return options;
}

}  // namespace triloop
