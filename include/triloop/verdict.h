/// Who may come in: what a function given to Server::admit() answers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "triloop/export.h"
#include "triloop/request.h"
#include "triloop/user_state.h"

namespace triloop {

/// The answer to somebody who asks for an upgrade, made by let_in() or refuse(). What its calls do
/// not take they throw, so that it is the function's own line that fails: std::invalid_argument for
/// what may not be sent, std::logic_error for what a refusal does not have.
///
/// Thread safety: a plain value, for one thread at a time.
class Verdict {
 public:
  /// A further line of the answer 101; the same name again is another line, as Set-Cookie needs it
  /// (RFC 6265 section 3). Not one of those that the handshake itself says (Upgrade, Connection,
  /// Sec-WebSocket-*), nor of a body, which there is none of (Content-Length, Content-Type,
  /// Transfer-Encoding, Trailer): std::invalid_argument. The same for a name that is no token, or
  /// a value with a control character in it (RFC 7230 section 3.2).
  TRILOOP_EXPORT Verdict& header(const std::string& name, const std::string& value);

  /// The subprotocol, instead of that which Server::handle() would choose; empty is none. One that
  /// the peer has not offered is a mistake (RFC 6455 section 4.1): it gets 500, and the log a line.
  TRILOOP_EXPORT Verdict& subprotocol(const std::string& name);

  /// What the processor finds with Connection::admitted<T>(): one T, which may be any type that can
  /// be moved. It is destroyed on the connection's own thread: when all three threads are done; or
  /// at once, if the peer does not come in after all, because it has left or the server is full.
  /// So what a value holds (a seat, a lease) is given back by its destructor.
  template <typename T>
  Verdict& value(T&& value) {
    using Value = std::decay_t<T>;
    return set_value(GivenValue(std::make_shared<const Value>(std::forward<T>(value))));
  }

  /// What is answered instead; nullopt if it lets in. For tests of your function, too.
  const std::optional<Response>& refusal() const { return refusal_; }

 private:
  friend TRILOOP_EXPORT Verdict let_in();
  friend TRILOOP_EXPORT Verdict refuse(Response response);
  friend class Handshake;

  Verdict() = default;
  TRILOOP_EXPORT Verdict& set_value(GivenValue value);
  void must_let_in(const char* what) const;

  std::optional<Response> refusal_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<std::string> subprotocol_;  // nullopt: as handle() says
  GivenValue value_;
};

/// It may come in.
TRILOOP_EXPORT Verdict let_in();

/// It gets `response`, and then the end of the stream. The status is one that refuses, 300 to 599:
/// 401 with `WWW-Authenticate`, 403, 429 with `Retry-After`, 302 with `Location` (which browsers do
/// not follow for a WebSocket; they tell the page nothing but that it failed). Any other is
/// std::invalid_argument, so that a Response whose status was forgotten lets nobody think it is in.
/// The same for headers that may not be sent, as in Verdict::header().
TRILOOP_EXPORT Verdict refuse(Response response);

/// Decides about one upgrade; see Server::admit().
using Admit = std::function<Verdict(const Request&)>;

}  // namespace triloop
