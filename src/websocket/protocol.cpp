#include "websocket/protocol.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <websocketpp/close.hpp>

#include "websocket/codec.h"
#include "websocket/violation.h"

namespace triloop {
namespace {

namespace wspp = websocketpp;

// A smaller message would hardly become smaller.
constexpr std::size_t kCompressFromBytes = 64;

// Section 5.2: the topmost bit of the second byte, and the key behind the length.
void mask_frame(std::string& header, std::string& payload, const MaskingKey& key) {
  constexpr unsigned kMasked = 0x80;
  header[1] = static_cast<char>(static_cast<unsigned char>(header[1]) | kMasked);
  header.append(key.data(), key.size());
  mask(payload, key);
}

}  // namespace

CloseStatus parse_close(const std::string& payload) {
  std::error_code ignored;  // decode() has let it through
  if (payload.empty()) return {};
  return {wspp::close::extract_code(payload, ignored),
          wspp::close::extract_reason(payload, ignored)};
}

Frame close_frame(const CloseStatus& status) {
  Frame frame{Opcode::close, {}};
  if (status.code == close_code::kNoStatus) return frame;
  frame.payload = {static_cast<char>(status.code >> 8), static_cast<char>(status.code & 0xFF)};
  frame.payload += status.reason;
  return frame;
}

void check_text(const Message& message) {
  if (message.type == MessageType::text && !is_utf8(message.data)) {
    throw std::invalid_argument("a text message must be UTF-8");
  }
}

// Not prepare_data_frame(): it would copy the payload and validate it once more.
std::string frame_header(Opcode opcode, std::size_t payload_bytes, bool compressed) {
  const wspp::frame::basic_header basic(static_cast<wspp::frame::opcode::value>(opcode),
                                        payload_bytes, /*fin=*/true, /*mask=*/false,
                                        /*rsv1=*/compressed);
  return wspp::frame::prepare_header(basic, wspp::frame::extended_header(payload_bytes));
}

Frame data_frame(Message& message) {
  check_text(message);
  return {opcode_of(message.type), std::move(message.data)};
}

void check_close(std::uint16_t code, const std::string& reason) {
  constexpr std::size_t kMostBytes = 123;
  if (!is_sendable_close_code(code)) {
    throw std::invalid_argument("close code " + std::to_string(code) + " may not be sent");
  }
  if (reason.size() > kMostBytes || !is_utf8(reason)) {
    throw std::invalid_argument("a close reason must be UTF-8 of at most 123 bytes");
  }
}

struct WsProtocol::Impl {
  Impl(std::size_t max_message_bytes, const std::optional<DeflateParameters>& deflate,
       SpareBuffers* spares, Role role)
      : codec(rng, max_message_bytes, spares, role) {
    if (!deflate) return;
    codec.enable_deflate(*deflate);
    deflater.emplace(*deflate);
  }

  bool compresses(std::size_t bytes) const { return deflater && bytes >= kCompressFromBytes; }

  ws_codec::Config::rng_type rng;
  ws_codec::Codec codec;
  std::optional<Deflater> deflater;
  MaskingKeys keys;
  CloseStatus violation;
  bool violation_is_close = false;
};

WsProtocol::WsProtocol(std::size_t max_message_bytes,
                       const std::optional<DeflateParameters>& deflate, SpareBuffers* spares,
                       Role role)
    : role_(role), impl_(std::make_unique<Impl>(max_message_bytes, deflate, spares, role)) {
  ws_codec::settle_byte_order();
}
WsProtocol::~WsProtocol() = default;

Bytes WsProtocol::room() { return impl_->codec.room(); }

Decoded WsProtocol::decode(Bytes& bytes, Frame& frame) {
  ws_codec::Codec& codec = impl_->codec;
  if (const std::error_code error = codec.decode(bytes)) {
    impl_->violation = ws_codec::status_for(error, codec);
    impl_->violation_is_close = codec.is_at_close();
    return Decoded::kViolation;
  }
  if (!codec.ready()) return Decoded::kNeedMore;
  const ws_codec::Buffer::ptr buffer = codec.get_message();
  frame.opcode = static_cast<Opcode>(buffer->get_opcode());
  frame.payload = std::move(buffer->get_raw_payload());
  if (frame.opcode == Opcode::close) {
    if (const std::optional<CloseStatus> fault = ws_codec::fault_in_close(frame.payload)) {
      impl_->violation = *fault;
      impl_->violation_is_close = true;
      return Decoded::kViolation;
    }
  }
  return Decoded::kFrame;
}

const CloseStatus& WsProtocol::violation() const { return impl_->violation; }
bool WsProtocol::violation_is_close() const { return impl_->violation_is_close; }

std::string WsProtocol::encode_header(Frame& frame) {
  if (frame.encoded) {
    frame.payload = frame.encoded->payload();
    frame.encoded.reset();
  }
  const bool data = frame.opcode == Opcode::text || frame.opcode == Opcode::binary;
  const bool compress = data && impl_->compresses(frame.payload.size());
  if (compress) impl_->deflater->compress(frame.payload);
  std::string header = frame_header(frame.opcode, frame.payload.size(), compress);
  if (role_ == Role::client) mask_frame(header, frame.payload, impl_->keys.next());
  return header;
}

std::string_view WsProtocol::form_of(const Encoded& message) {
  if (!impl_->compresses(message.payload().size())) return message.plain();
  return impl_->deflater->insert(message);
}

}  // namespace triloop
