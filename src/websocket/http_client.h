/// The client's half of HTTP: the request for an upgrade, and the answer to it. No sockets and no
/// threads in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "triloop/request.h"
#include "websocket/bytes.h"

namespace triloop {

/// What a client asks for (RFC 6455 section 4.1).
struct UpgradeOffer {
  std::string host;    ///< with the port, unless that is the scheme's own
  std::string target;  ///< path and query
  std::string key;     ///< Sec-WebSocket-Key
  std::vector<std::string> subprotocols;
  std::string extensions;  ///< as the header says it; empty: none
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A Sec-WebSocket-Key: 16 random bytes in base64. Throws as fill_random().
std::string new_key();

/// The bytes of the request.
std::string upgrade_request(const UpgradeOffer& offer);

/// Throws std::invalid_argument, which says why, if a further header may not be sent: not a name,
/// a line break in its value, or one that is the handshake's own.
void check_header(const std::string& name, const std::string& value);

/// An answer's head.
struct Answer {
  std::string version;  ///< "HTTP/1.1"
  int status = 0;
  Request::Headers headers;  ///< repeated ones are joined by ", "
};

/// Parses the head of an answer, in as many pieces as it comes. Provisional ones (1xx but 101, RFC
/// 7231 section 6.2) are skipped. For one thread.
class AnswerParser {
 public:
  /// Takes what belongs to the head from the front of `bytes`. The answer once it is complete;
  /// bytes behind it are left. Throws ConnectError on what is no answer of HTTP/1, or has a head of
  /// more than 16 000 bytes.
  std::optional<Answer> consume(Bytes& bytes);

 private:
  bool take_head(Bytes& bytes);

  std::string head_;
  std::size_t taken_ = 0;  // in all heads
};

/// Throws ConnectError, which says why, unless the answer, which has status 101, accepts the offer,
/// and nothing that is not in it (section 4.1). Extensions are for another to look at.
void check_answer(const Answer& answer, const UpgradeOffer& offer);

}  // namespace triloop
