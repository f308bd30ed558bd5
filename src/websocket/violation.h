/// What the peer has done against RFC 6455, in the words that its Close frame and the log get: so
/// that whoever wrote the peer finds it. For protocol.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <websocketpp/close.hpp>

#include "triloop/latch.h"
#include "websocket/codec.h"
#include "websocket/protocol.h"

namespace triloop::ws_codec {

// At most 123 bytes, as every reason.
inline CloseStatus protocol_error(std::string what) {
  return {close_code::kProtocolError, std::move(what)};
}

inline CloseStatus no_meaning(wspp::frame::opcode::value opcode) {
  return protocol_error("opcode " + std::to_string(opcode) + ", which has no meaning");
}

inline std::string name_of_control(wspp::frame::opcode::value opcode) {
  if (opcode == wspp::frame::opcode::close) return "Close";
  return opcode == wspp::frame::opcode::ping ? "ping" : "pong";
}

// Section 5.2, and RFC 7692 section 6: only the first frame of a message may say RSV1.
inline CloseStatus reserved_bit(const Codec& codec) {
  const auto opcode = codec.opcode();
  const bool begins = opcode == wspp::frame::opcode::text || opcode == wspp::frame::opcode::binary;
  if (!wspp::frame::get_rsv1(codec.head()) || (codec.expands() && begins)) {
    const std::string bit = wspp::frame::get_rsv2(codec.head()) ? "RSV2" : "RSV3";
    return protocol_error(bit + ", which has a meaning in no extension here");
  }
  if (!codec.expands()) {
    return protocol_error("RSV1 without an extension: permessage-deflate was not agreed on");
  }
  if (opcode == wspp::frame::opcode::continuation) {
    return protocol_error("RSV1 in a continuation: it belongs to the first frame of a message");
  }
  return protocol_error("RSV1 in a control frame, which is never compressed");
}

// What to close with when the codec has stopped at this error.
inline CloseStatus status_for(const std::error_code& error, const Codec& codec) {
  namespace code = wspp::processor::error;
  namespace opcode = wspp::frame::opcode;
  const opcode::value frame = codec.opcode();
  switch (error.value()) {
    case code::message_too_big:
      return {close_code::kMessageTooBig, "message too big"};
    case code::invalid_utf8:
      return {close_code::kInvalidPayload, "text is not UTF-8"};
    case code::invalid_payload:
      return {close_code::kInvalidPayload, "compressed data is corrupt"};
    case code::masking_required:
      return protocol_error("a frame without a mask: all that a client sends is masked");
    case code::masking_forbidden:
      return protocol_error("a frame with a mask: nothing that a server sends is masked");
    case code::invalid_rsv_bit:
      return reserved_bit(codec);
    case code::invalid_opcode:
      return no_meaning(frame);
    case code::control_too_big:  // it looks at the length first
      if (opcode::reserved(frame)) return no_meaning(frame);
      return protocol_error("a " + name_of_control(frame) + " of more than 125 bytes");
    case code::fragmented_control:
      return protocol_error("a " + name_of_control(frame) +
                            " in fragments: a control frame is one");
    case code::invalid_continuation:
      if (frame == opcode::continuation) {
        return protocol_error("a continuation, and no message has begun");
      }
      return protocol_error("a message inside another one, whose last fragment has not come");
    case code::non_minimal_encoding:
      return protocol_error("a length in more bytes than it needs");
    case code::protocol_violation:
      return protocol_error("a length of 2^63 or more");
    default:
      return protocol_error(error.message());
  }
}

// What is wrong with a Close frame's payload; nullopt if it is valid (section 7.4, 7.1.6).
inline std::optional<CloseStatus> fault_in_close(const std::string& payload) {
  if (payload.size() == 1) return protocol_error("a Close of one byte: a code has two");
  std::error_code error;
  const std::uint16_t code = wspp::close::extract_code(payload, error);
  if (error) {
    return protocol_error("a Close with code " + std::to_string(code) + ", which may not be sent");
  }
  wspp::close::extract_reason(payload, error);
  if (error) return CloseStatus{close_code::kInvalidPayload, "a Close whose reason is not UTF-8"};
  return std::nullopt;
}

}  // namespace triloop::ws_codec
