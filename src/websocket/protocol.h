/// Bytes into messages and back: RFC 6455 sections 5 to 7. No sockets and no threads in it. The
/// library behind it, websocketpp, is seen in this folder alone (docs/decisions/0003-the-wall.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "triloop/latch.h"
#include "triloop/message.h"
#include "websocket/bytes.h"
#include "websocket/deflate.h"
#include "websocket/frame.h"
#include "websocket/mask.h"
#include "websocket/utf8_stream.h"

namespace triloop {

class SpareBuffers;

/// The code and the reason in a Close frame.
struct CloseStatus {
  std::uint16_t code = close_code::kNoStatus;
  std::string reason;
};

/// A Close frame's payload, which decode() has found valid.
CloseStatus parse_close(const std::string& payload);

/// A Close frame. kNoStatus makes an empty one.
Frame close_frame(const CloseStatus& status);

/// Throws std::invalid_argument if it is a text and not UTF-8.
void check_text(const Message& message);

/// The header of a frame that a server sends: whole, and not masked (section 5.1).
std::string frame_header(Opcode opcode, std::size_t payload_bytes, bool compressed);

/// The frame of a message, whose bytes it takes. Throws std::invalid_argument, and takes nothing,
/// if that is a text and not UTF-8.
Frame data_frame(Message& message);

/// Throws std::invalid_argument unless a Close frame may say this: a code that may be sent, and a
/// reason that is UTF-8 of at most 123 bytes (section 5.5: a control frame carries 125).
void check_close(std::uint16_t code, const std::string& reason);

/// May an endpoint send this code (section 7.4, and IANA's registry)? In the header, for the
/// program asks, too, and a shared library does not show it.
inline bool is_sendable_close_code(std::uint16_t code) {
  const bool is_report = code == 1004 || code == 1005 || code == 1006;
  return (code >= 1000 && code <= 1014 && !is_report) || (code >= 3000 && code <= 4999);
}

/// Those, in words for whoever has asked for another one.
inline constexpr const char* kSendableCloseCodes = "1000 to 1003, 1007 to 1014, 3000 to 4999";

enum class Decoded {
  kNeedMore,   ///< all bytes are used, no frame is complete
  kFrame,      ///< a whole message or a control frame
  kViolation,  ///< the peer broke the protocol: violation() says how. Decode no further.
};

/// One side of a WebSocket stream, after the upgrade. Joins fragments.
///
/// Thread safety: decode() and violation() belong to one thread, encode_header() to one other; the
/// two halves share nothing.
class WsProtocol {
 public:
  /// With `deflate` it compresses, and takes what is compressed. With `spares`, which must outlive
  /// it, large messages are received into memory from there. A client masks what it sends.
  explicit WsProtocol(std::size_t max_message_bytes,
                      const std::optional<DeflateParameters>& deflate = {},
                      SpareBuffers* spares = nullptr, Role role = Role::server);
  ~WsProtocol();

  /// Where the next bytes belong, if those are of a message that has begun: who receives them right
  /// there, and has them decoded from there, saves a copy. Empty otherwise. Valid until decode().
  Bytes room();

  /// Takes bytes from the front of `bytes` until a frame is complete.
  Decoded decode(Bytes& bytes, Frame& frame);

  /// The code and text to close with, after kViolation.
  const CloseStatus& violation() const;
  /// Is what broke it a Close frame? Then the peer has said its last word, if not as it should.
  bool violation_is_close() const;

  /// Is the peer's Close its last word? A server's is the end of its stream, by which it goes first
  /// (section 7.1.1).
  bool close_is_last_word() const { return role_ == Role::server; }

  /// The header that goes before the frame's payload. The payload itself is sent as it is then. It
  /// may have been compressed and masked by this call; of what many are sent it is a copy.
  std::string encode_header(Frame& frame);

  /// Is it sent as all are sent it? Not by a client, whose every frame has a mask of its own.
  bool shares(const Frame& frame) const { return frame.encoded && role_ == Role::server; }
  /// The bytes to send of what many are sent; it must outlive them.
  std::string_view form_of(const Encoded& message);

  Role role() const { return role_; }

 private:
  struct Impl;
  const Role role_;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace triloop
