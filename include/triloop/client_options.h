/// Every limit and every deadline of a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "triloop/options.h"
#include "triloop/tls_options.h"

namespace triloop {

struct ConnectionEnd;

/// Whether a client connects again, and when. Each time there is a new Connection, for which the
/// processor is called anew; nothing that one was given is sent on another (ConnectionEnd).
///
/// It does when waiting may help: behind a connection that was lost, which the server has closed
/// with 1001, 1011, 1012, 1013 or 1014, or for which this program had no thread or memory; if the
/// server was not found, not reached, silent, or answered 429 or 5xx. It does not when we have
/// closed (the processor has returned, close(), stop()), behind any other code of the server's,
/// another answer, a certificate that is not believed, or what this client's options forbid.
///
/// The wait before retry n, from 0, is random, from nothing to first_delay * 2^n, no more than
/// max_delay ("full jitter": so clients that were cut off together do not come back together). The
/// Retry-After of a refusal (RFC 9110 section 10.2.3), a day at most, is waited for before that.
struct ReconnectOptions {
  /// So many in a row, then the last end or error is the client's; SIZE_MAX is without a bound. 0:
  /// it connects once.
  std::size_t max_retries = 0;
  /// Long enough for a server that restarts, short enough for a person that waits.
  std::chrono::milliseconds first_delay{1'000};
  /// At least first_delay.
  std::chrono::milliseconds max_delay{60'000};
  /// A connection that has stood for so long was a good one: behind it they are counted from 0.
  std::chrono::milliseconds stable_after{10'000};
  /// Told of each connection behind which there may be another: how it has ended, and what was not
  /// sent. Without it that is dropped, with a warning in the log. Not told of the connection whose
  /// end wait() returns, nor of attempts that brought none.
  ///
  /// Runs on the reader's thread, between two calls of the processor, and may block; the wait
  /// begins behind it. What it throws ends the client. If stop() comes while it runs, or in the
  /// wait behind it, the last connection has been told, and wait() throws errc::operation_canceled.
  /// Of the client it may call stop() alone: handle(), wait() and wait_for() would wait for itself.
  std::function<void(const ConnectionEnd&)> on_lost;
};

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

  /// Off, unless max_retries says otherwise.
  ReconnectOptions reconnect;

  /// As Options::stack_bytes.
  std::size_t stack_bytes = std::size_t{512} << 10;
};

}  // namespace triloop
