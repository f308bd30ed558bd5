/// What travels through the two queues: a frame that has been received, or is to be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "triloop/queue_types.h"
#include "websocket/encoded.h"

namespace triloop {

/// Opcodes of RFC 6455 section 5.2. Continuation never leaves the codec, which joins fragments.
enum class Opcode : std::uint8_t { text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

inline Opcode opcode_of(MessageType type) {
  return type == MessageType::text ? Opcode::text : Opcode::binary;
}

/// A whole message or a control frame, decoded; or, of a message that many are sent, what all of
/// them share.
struct Frame {
  Frame() = default;
  Frame(Opcode code, std::string bytes) : opcode(code), payload(std::move(bytes)) {}
  explicit Frame(std::shared_ptr<const Encoded> of)
      : opcode(opcode_of(of->type())), encoded(std::move(of)) {}

  /// Of the payload, whosever it is.
  std::size_t size() const { return encoded ? encoded->payload().size() : payload.size(); }

  Opcode opcode = Opcode::text;
  bool followed = false;    ///< is it the one of its connection that a snapshot tells of?
  std::uint32_t arrow = 0;  ///< by which a trace follows it through its queue; 0: it does not
  std::string payload;      ///< none if it is encoded
  std::shared_ptr<const Encoded> encoded;
};

/// Is it a message, and no control frame?
inline bool is_message(const Frame& frame) {
  return frame.opcode == Opcode::text || frame.opcode == Opcode::binary;
}

/// The byte bound of a queue counts payloads.
template <>
struct BytesOf<Frame> {
  std::size_t operator()(const Frame& frame) const { return frame.size(); }
};

}  // namespace triloop
