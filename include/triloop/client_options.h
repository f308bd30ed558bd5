/// Every limit and every deadline of a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "triloop/options.h"
#include "triloop/tls_options.h"

namespace triloop {

/// All that can be set for a client. What PathOptions has means the same here, but for two that are
/// a server's: `heartbeat` (a client has ping_interval) and `allowed_origins`; those stay empty.
///
/// Plain members. Client's constructor checks them and throws std::invalid_argument that says what
/// is wrong. No duration may be longer than a year.
struct ClientOptions : PathOptions {
  ClientOptions() { heartbeat = std::chrono::milliseconds(0); }

  /// Offered to the server, the favourite first; it chooses one, or none: Connection::subprotocol()
  /// (RFC 6455 section 1.9). Each a token.
  std::vector<std::string> subprotocols;
  /// Further lines of the request, name and value: {"Authorization", "Bearer ..."}. What the
  /// handshake says itself is refused; a Host here stands in place of the URL's. There is no Origin
  /// unless it is here: a client is no browser.
  std::vector<std::pair<std::string, std::string>> headers;

  /// For wss:// only.
  TlsClientOptions tls;

  /// Until one of the host's addresses has let us in. All attempts together (RFC 8305): the next
  /// address is tried when one has failed, or has not answered for 250 ms. The look-up of the name
  /// before it is getaddrinfo(3)'s, which knows no deadline: resolv.conf(5) has its timeouts.
  std::chrono::milliseconds connect_timeout{10'000};
  /// Then, for TLS and the whole request and its answer, however slowly that drips in.
  std::chrono::milliseconds handshake_timeout{10'000};
  /// As Options::write_timeout.
  std::chrono::milliseconds write_timeout{30'000};

  /// As Options::stack_bytes.
  std::size_t stack_bytes = std::size_t{512} << 10;
};

}  // namespace triloop
