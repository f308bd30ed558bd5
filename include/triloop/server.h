/// A WebSocket server: three threads per connection, and your processor on one of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "triloop/connection.h"
#include "triloop/export.h"
#include "triloop/options.h"
#include "triloop/request.h"
#include "triloop/verdict.h"

/// All that the library has. The main page sorts it by purpose.
namespace triloop {

/// Makes the answer to a plain GET. Runs on the connection's own thread, so many may run at once;
/// no deadline can end it. If it throws, the peer gets 500.
using Page = std::function<Response(const Request&)>;

/// Listens, accepts, and gives each connection its threads. States: bound (constructor), running
/// (run()), stopping (stop()), stopped (run() has returned); there is no way back.
///
/// Thread safety: stop(), reload_tls(), snapshot(), port(), url() and urls() may be called by any
/// thread at any time, stop() also by a processor or a signal handler. handle(), admit(), page()
/// and label_connections() come before run(), which one thread calls, once.
class Server {
 public:
  /// Binds and listens, at all that Options::listen (or `bind`) says or nowhere. Blocks while a
  /// host name or a group is looked up; for five seconds at most while other servers start in the
  /// folder of a Unix socket, and for ten until the one that runs has handed over
  /// (Options::take_over). Throws std::invalid_argument if an option makes no sense, and
  /// std::system_error if it cannot listen (address in use, no permission, unknown host) or take
  /// over.
  TRILOOP_EXPORT explicit Server(const Options& options = {});

  /// Ends what run() had to leave behind: blocks until the last processor has returned.
  TRILOOP_EXPORT ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port it listens on, also when the options asked for 0: that of the first TCP address; 0 if
  /// there is none.
  TRILOOP_EXPORT std::uint16_t port() const;

  /// Where it listens: "http://0.0.0.0:7777/", with TLS "https://", "unix:/run/triloop.sock". Of
  /// several the first; TCP comes before others.
  TRILOOP_EXPORT std::string url() const;

  /// The same for each address.
  TRILOOP_EXPORT std::vector<std::string> urls() const;

  /// WebSocket connections to `path` are given to `processor`. "/ws" is that path alone, and "/ws/"
  /// another one; "/ws/*" is every path that begins with "/ws/", and Request::rest then holds what
  /// follows. A path that has a processor or a page of its own comes first, then the longest that
  /// ends in a `*`.
  ///
  /// Of the subprotocols that the peer offers, the one that comes first in `subprotocols` is chosen
  /// (RFC 6455 section 1.9); none if they have none in common. With `options` the path has its own
  /// instead of the server's; begin with those: `PathOptions mine = options;`. Throws
  /// std::invalid_argument if one of them makes no sense, or if `path` has another `*`. Of two
  /// processors for a path the last one stays. Before run().
  TRILOOP_EXPORT void handle(const std::string& path, Processor processor,
                             std::vector<std::string> subprotocols = {},
                             const std::optional<PathOptions>& options = std::nullopt);

  /// Whether an upgrade of `path` may come in is decided by `admit`, before anything is agreed on:
  /// it looks at the request and returns let_in() or refuse(). Pages are not asked about. "/ws/*"
  /// is as for handle(): of several functions the one for that path alone decides, else the
  /// longest, whatever path the processor was given for; so the one for "/*" decides about all that
  /// have none of their own. (Request::rest is the processor's. Paths are compared as they are
  /// sent: who decodes them in "/ws/*" has to ask there, too.) Of two for a path the last one
  /// stays.
  ///
  /// It is asked only about a proper opening handshake (else 400, 405, 426), from an origin that
  /// may connect (else 403), while there is a place (else 503). The place is taken afterwards, for
  /// who is not in takes nobody's; so a few who are let in get 503 when the last place went
  /// meanwhile, and what they were given is destroyed.
  ///
  /// Runs on the connection's own thread, so many may run at once, `max_handshakes` at most; it may
  /// block, nobody else waits for it. Nothing of ours can interrupt it: the time of the peer is
  /// `handshake_timeout` (1 s when many arrive), and a function that waits for something should
  /// give up before. When it takes longer, its answer is still sent, but not waited for. A peer
  /// that has left meanwhile is not let in. stop() waits for it as for a page. If it throws, the
  /// peer gets 500 and the log a line. Throws std::invalid_argument if `path` has another `*`.
  /// Before or after handle(), before run().
  TRILOOP_EXPORT void admit(const std::string& path, Admit admit);

  /// A connection whose request has this parameter in its query, and there at most 40 letters,
  /// digits, `_` and `-`, has its value as the label of its snapshots
  /// (ConnectionSnapshot::label), and is followed. No secret: whoever sees snapshots sees it. Of
  /// two calls the last one counts. Before run().
  TRILOOP_EXPORT void label_connections(const std::string& parameter);

  /// GET and HEAD of `path` are answered by `page`; of two for a path by the last. "/docs/*" is as
  /// for handle(). Throws std::invalid_argument if `path` has another `*`. Before run().
  TRILOOP_EXPORT void page(const std::string& path, Page page);

  /// Accepts connections. Blocks until stop(), or until another server has taken over (Options),
  /// and then for as long as the connections need to end, but no longer than `drain_timeout` and
  /// one second; two more where another process listens at the same place, for those who have been
  /// let in and not answered yet. Returns the ids of the connections whose processor (or page, or
  /// admit()'s function) had not returned even then: empty is a clean end, with every thread
  /// joined. Meanwhile the calling thread runs as SCHED_BATCH; processors, and threads that they
  /// start, do so too (docs/decisions/0004-batches.md). Throws std::system_error if it cannot even
  /// wait (poll(2): no memory left), and std::logic_error, before it accepts anybody, if admit()
  /// was given a path at which there is no processor: a gate that nobody would come through.
  TRILOOP_EXPORT std::vector<std::uint64_t> run();

  /// Makes run() end: no new connections; every open one is drained and closed with
  /// `stop_code`; those that are not done after `drain_timeout` are aborted. A second call aborts
  /// them at once; a third changes nothing, those that are aborted still have their second. Never
  /// blocks; safe in a signal handler (it is one write(2) to an eventfd).
  TRILOOP_EXPORT void stop() noexcept;

  /// Reads the files of Options::tls again, for connections that are accepted from now on: after a
  /// certificate was renewed. Those that are open keep what they have. False, and a line in the
  /// log, if one cannot be read or does not fit: then all stays as it was; false, too, without TLS.
  /// Blocks for the files. Any thread, but no signal handler.
  TRILOOP_EXPORT bool reload_tls();

  /// All connections at this moment, those of `/inspect` among them; and the last 32 WebSocket
  /// connections that have ended. For people to look at: no message waits for it for longer than it
  /// takes to copy a few numbers. Any thread, also a processor's.
  TRILOOP_EXPORT ServerSnapshot snapshot() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace triloop
