// The bytes of one TCP connection, cut as a test likes, and what came back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/stream.h"

namespace triloop::testing {

/// How a client's bytes travel. What a server makes of them must not depend on it.
enum class Delivery {
  at_once,       ///< in one send, after the handshake
  byte_by_byte,  ///< each byte in a send, and so in most cases in a packet, of its own
  early,         ///< in one send with the handshake, before its answer
};

constexpr Delivery kDeliveries[] = {Delivery::at_once, Delivery::byte_by_byte, Delivery::early};
const char* name_of(Delivery delivery);

/// A connection, of TCP or (over_tls()) TLS, to 127.0.0.1 without Nagle's delay. Calls block, and
/// throw after a fail-safe time.
class Wire {
 public:
  explicit Wire(std::uint16_t port);

  void send(std::string_view bytes);
  /// Each byte by itself; of more than 1000, those at both ends, where headers are.
  void send_byte_by_byte(std::string_view bytes);
  void end_stream();

  /// The head of an HTTP answer with its empty line; what there is if the stream ends before.
  std::string head();
  /// All that comes, a Close frame or the end of the stream included.
  std::string up_to_close();
  /// All that still comes, to the end of the stream. Answers a Close, as every client must
  /// (RFC 6455 section 5.5.1): the server ends its stream behind that.
  std::string rest();

 private:
  bool receive_more();

  ClientStream stream_;
  std::string received_;
};

/// `bytes` as a C++ programmer would write them; long ones by their length and a hash.
std::string quoted(std::string_view bytes);

/// What a server has sent after its handshake, one line for each frame: the messages in their
/// order, the pongs in theirs, then all that comes from the Close frame on. (A pong may come before
/// messages that were ready earlier.) What a server must not send is named: a mask, reserved
/// bits, fragments of control frames, a length that is longer than it needs to be.
struct Transcript {
  std::string messages;
  std::string pongs;
  std::vector<std::uint16_t> close_codes;  // 1005: without a code
  std::string close_reason;
  std::string faults;
};
Transcript transcript(std::string_view bytes);

}  // namespace triloop::testing
