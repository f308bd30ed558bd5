/// What comes before the three loops on a client's side: one HTTP request, and its answer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "client/url.h"
#include "net/socket.h"
#include "triloop/client_options.h"
#include "websocket/bytes.h"
#include "websocket/http_client.h"
#include "websocket/upgrade.h"

namespace triloop {

/// The client's side of an opening handshake (RFC 6455 section 4.1), under one deadline, the
/// `handshake_timeout`. One thread; who calls shutdown() on the socket makes it throw.
class Opening {
 public:
  /// All must outlive it.
  Opening(Socket& socket, const Url& url, const ClientOptions& options);

  /// Blocks until the whole answer is here; freed by the server, by the deadline, or by a shutdown
  /// of the socket. What was agreed on, but without a processor. Throws std::system_error, or
  /// ConnectError if the answer is not what a WebSocket begins with.
  std::unique_ptr<Upgrade> shake_hands();

 private:
  void send(std::string_view bytes);
  Bytes receive(TimePoint deadline);
  Answer receive_answer();
  std::string receive_body(const Answer& refusal);

  Socket& socket_;
  const Url& url_;
  const ClientOptions& options_;
  const TimePoint deadline_;
  UpgradeOffer offer_;
  std::string buffer_;
  Bytes rest_;  // of buffer_: received, and not the answer's head
};

}  // namespace triloop
