/// A WebSocket client: the same three threads and two queues, started from the other end.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "triloop/client_options.h"
#include "triloop/connect_error.h"
#include "triloop/connection.h"
#include "triloop/connection_end.h"
#include "triloop/export.h"
#include "triloop/handle.h"

namespace triloop {

/// One connection to a server, with three threads of its own: the reader, which first looks up,
/// connects and shakes hands, and then the processor's and the writer's. What a Connection is, and
/// how it ends, is the same at both ends; but a client masks what it sends, and lets the server end
/// its stream first (RFC 6455 sections 5.1, 7.1.1).
///
/// States: made (constructor), connecting (start()), open (handle() returns one that refers to it),
/// over (wait() returns or throws). There is no way back, but with ClientOptions::reconnect one
/// from open to connecting, with a connection of its own each time, as from one failed attempt to
/// the next.
///
/// Thread safety: start() comes first, once; any thread may call the others, a processor all but
/// wait() and wait_for(), which would wait for itself; ReconnectOptions::on_lost, stop() alone.
class Client {
 public:
  /// To "ws://host:port/path?query", the port 80 and the path / if they are not there; or to
  /// "wss://", with TLS, the port 443 and ClientOptions::tls. IPv6
  /// addresses stand in brackets. Does not connect yet. Throws std::invalid_argument if an option
  /// makes no sense, or the URL has another scheme, a fragment (RFC 6455 section 3), or a user's
  /// name: a URL ends up in logs, and what is secret belongs in ClientOptions::headers.
  TRILOOP_EXPORT Client(const std::string& url, Processor processor,
                        const ClientOptions& options = {});

  /// Ends at once what is not over: blocks until the processor has returned, or on_lost(), or the
  /// look-up of the host's name, which nothing frees.
  TRILOOP_EXPORT ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Begins. Never blocks. Throws std::system_error if there is no thread left, std::logic_error
  /// the second time.
  TRILOOP_EXPORT void start();

  /// The connection, for any thread to keep. Blocks until it is open; freed by that, at the latest
  /// by ClientOptions::connect_timeout and handshake_timeout, or by stop(); but a look-up of the
  /// host's name comes before that, which has the system's deadline alone. With a client that
  /// connects again it is the present one, or the next: those bound each attempt, and handle()
  /// blocks through all retries, their waits, and on_lost(). When there is none, or none any more,
  /// the handle refers to none. Throws std::logic_error before start().
  TRILOOP_EXPORT ConnectionHandle handle();

  /// How it ended. Blocks until all three threads are done; freed by any ending, and by stop(),
  /// behind a look-up or an on_lost() that is under way. Of a client that connects again only the
  /// last attempt's ending frees it, and it is about that.
  /// Throws, each time, why there was no connection: std::system_error (no such host, refused, a
  /// certificate that is not believed, errc::timed_out, errc::operation_canceled by stop()),
  /// ConnectError (what the server answered), or std::invalid_argument (a file of
  /// ClientOptions::tls that cannot be read, or a build without TLS). Throws std::logic_error
  /// before start().
  TRILOOP_EXPORT ConnectionEnd wait();

  /// As wait(), but blocks no longer than `timeout`: then nullopt, and nothing has changed.
  TRILOOP_EXPORT std::optional<ConnectionEnd> wait_for(std::chrono::milliseconds timeout);

  /// Makes wait() return: gives connecting up, also the wait before that; drains an open connection
  /// and closes it with 1001. A second call aborts it. Never blocks, but not for a signal handler.
  /// Before start() it is the same.
  TRILOOP_EXPORT void stop();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

/// Client, start() and wait() in one: blocks until the connection has ended, mostly because the
/// processor has returned. Throws what they throw.
///
///     triloop::connect("ws://localhost:7777/ws", [](triloop::Connection& connection) {
///       connection.write(triloop::Message::text("hello"));
///       if (auto answer = connection.read()) std::cout << answer->data << "\n";
///     });
TRILOOP_EXPORT ConnectionEnd connect(const std::string& url, Processor processor,
                                     const ClientOptions& options = {});

/// As connect(), but for no longer than `timeout`: then nullopt, and the connection is aborted.
/// That blocks further until the processor has returned, whose read() and write() have told it, or
/// until the look-up of the host's name is done. Who wants to part in peace, or to know what was
/// not sent, has a Client: wait_for(), stop(), wait().
TRILOOP_EXPORT std::optional<ConnectionEnd> connect_for(const std::string& url, Processor processor,
                                                        std::chrono::milliseconds timeout,
                                                        const ClientOptions& options = {});

}  // namespace triloop
