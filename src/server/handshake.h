/// What comes before the three loops: one HTTP request, and its answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "net/socket.h"
#include "triloop/verdict.h"
#include "websocket/upgrade.h"

namespace triloop {

class HttpError;
class Place;
struct Routes;

/// The server's side of an opening handshake (RFC 6455 section 4.2), under one deadline, the
/// `handshake_timeout`. On the connection's own thread, so that the accept loop never waits for a
/// peer. One thread at a time.
class Handshake {
 public:
  /// All must outlive it; `place` may be null.
  Handshake(std::uint64_t id, Socket& socket, const Routes& routes, const Options& options,
            Place* place);

  /// Opens the socket: what comes before HTTP. Blocks until that is done. False if it failed.
  bool open();
  /// Who is at the other end, as far as it is known by now.
  const std::string& peer_address() const { return upgrade_->request.peer_address; }

  /// Blocks until the whole request is here, or enough of it to refuse. False if there is nobody
  /// to answer: the peer left, was too slow, or speaks TLS.
  bool receive_request();

  /// Answers it, with an upgrade, a page or an error, and blocks until the peer has taken that. The
  /// code of a page, or of whoever decides about an upgrade, may block longer than the deadline;
  /// then the answer is tried once. nullptr unless this is a WebSocket from now on.
  std::unique_ptr<Upgrade> answer();

  /// Behind an answer that was the last: ends the stream, and blocks for a moment, until the peer
  /// has done so, too. Freed by that, or by a shutdown of the socket.
  void see_off();

 private:
  void no_request(const std::error_code& error) const;
  std::string refuse(const HttpError& error) const;
  void note_subprotocol(const std::optional<std::string>& chosen,
                        const std::vector<std::string>& known) const;
  std::string respond();
  Verdict ask(const Admit& admit);
  static HttpError no_place();
  bool peer_has_left();
  bool send(std::string_view bytes);

  const std::uint64_t id_;
  Socket& socket_;
  const Routes& routes_;
  const Options& options_;
  Place* const place_;
  const TimePoint deadline_;
  const std::string accepted_from_;  // the kernel's word for who it is
  // Not here, and so not on a stack: it is the connection's for as long as that lives.
  std::unique_ptr<Upgrade> upgrade_ = std::make_unique<Upgrade>();
  std::string refusal_;  // the answer to a request that is none
};

}  // namespace triloop
