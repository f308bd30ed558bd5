#include "client/check_client.h"

#include <set>
#include <string>

#include "life/check_path.h"
#include "websocket/http_client.h"
#include "websocket/http_text.h"

namespace triloop {

using std::chrono::milliseconds;

const ClientOptions& checked(const ClientOptions& options) {
  check(options);
  demand(options.heartbeat == milliseconds(0),
         "heartbeat must be 0: it is a server's; a client has ping_interval");
  demand(options.allowed_origins.empty(), "allowed_origins must be empty: they are a server's");
  demand(options.connect_timeout > milliseconds(0), "connect_timeout must be positive");
  demand(options.handshake_timeout > milliseconds(0), "handshake_timeout must be positive");
  demand(options.write_timeout > milliseconds(0), "write_timeout must be positive");
  demand_sensible({options.connect_timeout, options.handshake_timeout, options.write_timeout});
  const ReconnectOptions& reconnect = options.reconnect;
  demand(reconnect.first_delay > milliseconds(0), "first_delay must be positive");
  demand(reconnect.max_delay >= reconnect.first_delay, "max_delay must be at least first_delay");
  demand(reconnect.stable_after >= milliseconds(0), "stable_after must not be negative");
  demand_sensible({reconnect.first_delay, reconnect.max_delay, reconnect.stable_after});
  demand_stack(options.stack_bytes);
  std::set<std::string> seen;  // RFC 6455 section 4.1: each of them once
  for (const std::string& name : options.subprotocols) {
    demand(is_token(name), "a subprotocol must be a token");
    demand(seen.insert(name).second, "a subprotocol must be offered once");
  }
  for (const auto& [name, value] : options.headers) check_header(name, value);
  return options;
}

}  // namespace triloop
