/// The half of the wall around websocketpp that turns bytes into messages and back: RFC 6455
/// sections 5 to 7. No sockets and no threads in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "triloop/latch.h"
#include "websocket/bytes.h"
#include "websocket/deflate.h"
#include "websocket/frame.h"
#include "websocket/utf8_stream.h"

namespace triloop {

/// The code and the reason in a Close frame.
struct CloseStatus {
  std::uint16_t code = close_code::kNoStatus;
  std::string reason;
};

/// A Close frame's payload, which decode() has found valid.
CloseStatus parse_close(const std::string& payload);

/// A Close frame. kNoStatus makes an empty one.
Frame close_frame(const CloseStatus& status);

/// May an endpoint send this code (section 7.4)?
bool is_sendable_close_code(std::uint16_t code);

enum class Decoded {
  kNeedMore,   ///< all bytes are used, no frame is complete
  kFrame,      ///< a whole message or a control frame
  kViolation,  ///< the peer broke the protocol: violation() says how. Decode no further.
};

/// The server's side of one WebSocket stream, after the upgrade. Joins fragments.
///
/// Thread safety: decode() and violation() belong to one thread, encode_header() to one other; the
/// two halves share nothing.
class WsProtocol {
 public:
  /// With `deflate` it compresses, and takes what is compressed.
  explicit WsProtocol(std::size_t max_message_bytes,
                      const std::optional<DeflateParameters>& deflate = {});
  ~WsProtocol();

  /// Takes bytes from the front of `bytes` until a frame is complete.
  Decoded decode(Bytes& bytes, Frame& frame);

  /// The code and text to close with, after kViolation.
  const CloseStatus& violation() const;

  /// The header that goes before the frame's payload. The payload itself is sent as it is then: a
  /// server does not mask (section 5.1). It may have been compressed by this call.
  std::string encode_header(Frame& frame);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace triloop
