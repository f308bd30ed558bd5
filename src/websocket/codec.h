/// What of websocketpp's frame codec is used here, and what it lets pass. For protocol.cpp only:
/// together they are one half of the wall around websocketpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <websocketpp/common/network.hpp>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/frame.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>

#include "websocket/bytes.h"
#include "websocket/deflate.h"
#include "websocket/mask.h"
#include "websocket/message_buffer.h"

namespace triloop::ws_codec {

namespace wspp = websocketpp;

// What may be on the wire of a message that expands to the limit: a sender that stores and flushes
// each byte by itself needs eleven. Where nothing expands, an empty block after the other, this is
// what ends the message.
constexpr std::size_t most_compressed(std::size_t limit) {
  constexpr std::size_t kPerByte = 16, kForAny = 1024;
  return limit < SIZE_MAX / (2 * kPerByte) ? kPerByte * limit + kForAny : SIZE_MAX / 2;
}

// What the codec asks of permessage-deflate while it decodes. All else, the negotiation and the
// compression, is done outside of it: see deflate.h.
struct DeflateConfig {
  using request_type = wspp::http::parser::request;
};
class Inflation : public wspp::extensions::permessage_deflate::disabled<DeflateConfig> {
 public:
  void enable(const DeflateParameters& parameters, std::size_t limit) {
    inflater_ = std::make_unique<Inflater>(parameters);
    limit_ = limit;
  }
  bool is_enabled() const { return inflater_ != nullptr; }
  // The next bytes of a message.
  std::error_code expand(const std::uint8_t* data, std::size_t size, std::string& out) {
    using wspp::processor::error::make_error_code;
    received_ += size;
    switch (inflater_->expand({reinterpret_cast<const char*>(data), size}, limit_, out)) {
      case Inflater::Result::kOk:
        return {};
      case Inflater::Result::kTooBig:
        return make_error_code(wspp::processor::error::message_too_big);
      case Inflater::Result::kCorrupt:
        break;
    }
    return make_error_code(wspp::processor::error::invalid_payload);
  }
  // The base calls it, at the end of a message, with the four bytes that a sender leaves out. To
  // expand those behind no byte at all would be to stop inside a block. But zlib, told to flush
  // where it has just done so, makes no byte, and some clients send that as an empty message: then
  // their stream is where it was, and so stays this one.
  std::error_code decompress(const std::uint8_t* tail, std::size_t size, std::string& out) {
    return received_ == 0 ? std::error_code() : expand(tail, size, out);
  }
  // Bytes of the message so far, on the wire.
  std::size_t received() const { return received_; }
  bool end_message() { return std::exchange(received_, 0) == 0 || inflater_->end_message(); }

 private:
  std::unique_ptr<Inflater> inflater_;
  std::size_t limit_ = 0;
  std::size_t received_ = 0;
};

// NOLINTBEGIN(readability-identifier-naming): the names are websocketpp's
struct Config {
  using request_type = wspp::http::parser::request;
  using response_type = wspp::http::parser::response;
  using message_type = Buffer;
  using con_msg_manager_type = BufferSource;
  using rng_type = wspp::random::none::int_generator<std::uint32_t>;  // mask.h has keys
  using permessage_deflate_type = Inflation;
  static constexpr std::size_t max_message_size = 0;  // set per connection
  static constexpr bool enable_extensions = false;
};
// NOLINTEND(readability-identifier-naming)

// websocketpp finds out the machine's byte order at the first conversion of a 64-bit length and
// keeps it in a variable without any protection: a data race between connections. So the first
// conversion is done here, once, before any connection has a codec.
inline void settle_byte_order() {
  [[maybe_unused]] static const std::uint64_t settled = wspp::lib::net::_htonll(1);
}

class Codec : public wspp::processor::hybi13<Config> {
 public:
  // As that role it takes what the other sends: masked frames only, or none that is masked.
  Codec(rng_type& rng, std::size_t limit, SpareBuffers* spares, Role role)
      : hybi13(/*secure=*/false, role == Role::server, std::make_shared<BufferSource>(spares), rng),
        limit_(limit) {
    set_max_message_size(limit);
  }

  // From now on the base, which adds up what has been expanded and what is still compressed, lets
  // pass what claims_too_much() then looks at.
  void enable_deflate(const DeflateParameters& parameters) {
    m_permessage_deflate.enable(parameters, limit_);
    set_max_message_size(most_compressed(limit_) + std::min(limit_, SIZE_MAX / 2));
  }

  // Of the frame that is being decoded.
  const wspp::frame::basic_header& head() const { return m_basic_header; }
  wspp::frame::opcode::value opcode() const { return wspp::frame::get_opcode(m_basic_header); }
  bool is_at_close() const { return opcode() == wspp::frame::opcode::close; }

  // Does it take what is compressed?
  bool expands() const { return m_permessage_deflate.is_enabled(); }

  // The place of what is still to come of the current frame's payload, or of the beginning of that;
  // empty between frames, and for what has to be expanded.
  Bytes room() {
    constexpr std::size_t kAtOnce = 256 * 1024;  // the CPU's cache may still hold so much
    constexpr std::size_t kLeast = 4 * 1024;
    if (m_state != APPLICATION || is_compressed()) return {};
    Buffer& buffer = *m_current_msg->msg_ptr;
    const std::size_t there = buffer.get_raw_payload().size() - buffer.arrived();
    const std::size_t may_be = std::max({there, buffer.arrived(), kLeast});
    const std::size_t size = std::min({m_bytes_needed, may_be, kAtOnce});
    return {buffer.place_for(size, m_bytes_needed), size};
  }

  // Decodes until a frame is complete or `bytes` are used up. It goes one stage at a time (basic
  // header, rest of the header, payload), and after each looks for what the base lets pass.
  std::error_code decode(Bytes& bytes) {
    std::error_code error;
    do {
      if (m_state == APPLICATION) {
        error = is_compressed() ? take_compressed(bytes) : take_payload(bytes);
      }
      if (!error) {
        const std::size_t size = std::min(bytes.size, get_bytes_needed());
        bytes.skip(consume(reinterpret_cast<std::uint8_t*>(bytes.data), size, error));
      }
      if (!error) error = flaw();
      if (error && claims_impossible_length()) error = protocol_violation();
    } while (!error && !ready() && (bytes.size > 0 || get_bytes_needed() == 0));
    return error;
  }

 private:
  // The base does the same, but byte by byte. The bytes may be in their place already: see room().
  std::error_code take_payload(Bytes& bytes) {
    const std::size_t size = std::min(bytes.size, m_bytes_needed);
    Buffer& buffer = *m_current_msg->msg_ptr;
    char* const place = buffer.place_for(size, m_bytes_needed);
    unmask(bytes.data, size, m_current_msg->prepared_key, place);
    m_bytes_needed -= size;
    bytes.skip(size);
    if (!buffer.arrive(size)) return not_utf8();
    if (m_bytes_needed == 0) buffer.trim();
    return {};
  }

  std::error_code take_compressed(Bytes& bytes) {
    const std::size_t size = std::min(bytes.size, m_bytes_needed);
    unmask(bytes.data, size, m_current_msg->prepared_key, bytes.data);
    Buffer& buffer = *m_current_msg->msg_ptr;
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data);
    const auto error = m_permessage_deflate.expand(data, size, buffer.get_raw_payload());
    m_bytes_needed -= size;
    bytes.skip(size);
    if (error) return error;
    return buffer.all_arrived() ? std::error_code() : not_utf8();
  }

  // Section 5.3, from `from` to `to`, which may be the same. `key` is the four bytes twice, and
  // comes back turned to where the next byte is.
  static void unmask(const char* from, std::size_t size, std::size_t& key, char* to) {
    constexpr std::size_t kBlock = 4;  // words at a time: the compiler makes vectors of them
    std::size_t done = 0;
    std::size_t words[kBlock];
    for (; done + sizeof words <= size; done += sizeof words) {
      std::memcpy(words, from + done, sizeof words);
      for (std::size_t& word : words) word ^= key;
      std::memcpy(to + done, words, sizeof words);
    }
    for (; done + sizeof key <= size; done += sizeof key) {
      std::memcpy(words, from + done, sizeof key);
      words[0] ^= key;
      std::memcpy(to + done, words, sizeof key);
    }
    std::memmove(to + done, from + done, size - done);
    key = wspp::frame::byte_mask_circ(reinterpret_cast<std::uint8_t*>(to) + done, size - done, key);
  }

  static std::error_code not_utf8() {
    return make_error_code(wspp::processor::error::invalid_utf8);
  }
  static std::error_code protocol_violation() {
    return make_error_code(wspp::processor::error::protocol_violation);
  }

  // Section 5.2: the topmost bit of a 64-bit length is 0. To the base such a length is too big.
  bool claims_impossible_length() const {
    return m_state != HEADER_BASIC &&
           wspp::frame::get_payload_size(m_basic_header, m_extended_header) >> 63 != 0;
  }

  // The limit holds for what a message expands to, and Inflation looks at that. The base adds a
  // length to what it has before it compares, and one near 2^64 makes that sum small.
  bool claims_too_much() const {
    if (is_compressed()) {
      return get_bytes_needed() > most_compressed(limit_) - m_permessage_deflate.received();
    }
    return get_bytes_needed() > limit_ - m_current_msg->msg_ptr->arrived();
  }

  bool is_compressed() const { return m_current_msg->msg_ptr->get_compressed(); }

  std::error_code flaw() {
    namespace frame = wspp::frame;
    using wspp::processor::error::make_error_code;
    // RFC 7692 section 6.1: only the first frame of a message says that it is compressed.
    if (m_state == HEADER_EXTENDED && frame::get_rsv1(m_basic_header) &&
        frame::get_opcode(m_basic_header) == frame::opcode::continuation) {
      return make_error_code(wspp::processor::error::invalid_rsv_bit);
    }
    if (m_state == APPLICATION && !frame::opcode::is_control(frame::get_opcode(m_basic_header)) &&
        claims_too_much()) {
      return make_error_code(wspp::processor::error::message_too_big);
    }
    if (m_state != READY) return {};
    if (is_compressed() && !m_permessage_deflate.end_message()) {
      return make_error_code(wspp::processor::error::invalid_payload);
    }
    // The base looks whether a text ends inside a character only if its last frame carries the text
    // opcode, so not in a fragmented one; and at what was expanded last it does not look.
    Buffer& buffer = *m_current_msg->msg_ptr;
    return buffer.all_arrived() && buffer.is_whole() ? std::error_code() : not_utf8();
  }

  const std::size_t limit_;
};

}  // namespace triloop::ws_codec
