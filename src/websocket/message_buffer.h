/// What the codec assembles a message in. For codec.h only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <websocketpp/frame.hpp>

#include "websocket/spare_buffers.h"
#include "websocket/utf8_stream.h"

namespace triloop::ws_codec {

namespace wspp = websocketpp;

// websocketpp's own message reserves the length that the first frame's header claims, before a byte
// of it has arrived; this one grows with what arrives, unless there is memory of an earlier message
// for it. For a continuation its decoder reserves, at most up to the limit (if the message is
// compressed, what may be on the wire): address space, no memory.
class Buffer {
 public:
  using ptr = std::shared_ptr<Buffer>;

  Buffer(wspp::frame::opcode::value opcode, std::string memory)
      : opcode_(opcode), payload_(std::move(memory)) {}
  void use_again(wspp::frame::opcode::value opcode, std::string memory) {
    opcode_ = opcode;
    compressed_ = false;
    payload_ = std::move(memory);
    arrived_ = 0;
    utf8_ = {};
  }

  // The place of the next bytes, of which so many are expected. Never room for more than twice what
  // will have arrived, but what memory there is already.
  char* place_for(std::size_t bytes, std::size_t expected) {
    const std::size_t arrived = arrived_ + bytes;
    if (payload_.capacity() < arrived) {
      payload_.resize(arrived_);  // what is behind that need not be copied
      payload_.reserve(std::min(arrived_ + expected, 2 * arrived));
    }
    if (payload_.size() < arrived) payload_.resize(arrived);
    return payload_.data() + arrived_;
  }
  // They are there. False if they are part of a text, and cannot be.
  bool arrive(std::size_t bytes) {
    const std::string_view piece(payload_.data() + arrived_, bytes);
    arrived_ += bytes;
    return opcode_ != wspp::frame::opcode::text || utf8_.take(piece);
  }
  // So is what has been appended to the payload.
  bool all_arrived() { return arrive(payload_.size() - arrived_); }
  std::size_t arrived() const { return arrived_; }
  // Does it end between two characters? (The base judges texts, too, and is not asked.)
  bool is_whole() const { return utf8_.complete(); }
  // Behind a frame: it is as long as what has arrived.
  void trim() { payload_.resize(arrived_); }

  std::string& get_raw_payload() { return payload_; }
  wspp::frame::opcode::value get_opcode() const { return opcode_; }
  bool get_compressed() const { return compressed_; }
  void set_compressed(bool compressed) {
    compressed_ = compressed;
    if (compressed) payload_.clear();  // what is expanded is appended
  }

  // Asked for by the encoding half, which is not used: see encode_header().
  bool get_fin() const { return true; }
  void set_header(const std::string&) {}
  void set_opcode(wspp::frame::opcode::value) {}
  void set_prepared(bool) {}

 private:
  wspp::frame::opcode::value opcode_;
  bool compressed_ = false;
  std::string payload_;  // within a frame longer than what has arrived
  std::size_t arrived_ = 0;
  Utf8Stream utf8_;
};

// Gives out the same buffer again and again, unless a control frame comes in the middle of a
// message: then each has one.
class BufferSource {
 public:
  using ptr = std::shared_ptr<BufferSource>;

  explicit BufferSource(SpareBuffers* spares) : spares_(spares) {}
  Buffer::ptr get_message(wspp::frame::opcode::value opcode, std::size_t claimed) {
    std::string memory = spares_ == nullptr ? std::string() : spares_->take(claimed);
    if (buffer_.use_count() != 1) {
      return buffer_ = std::make_shared<Buffer>(opcode, std::move(memory));
    }
    buffer_->use_again(opcode, std::move(memory));
    return buffer_;
  }

 private:
  SpareBuffers* const spares_;
  Buffer::ptr buffer_;
};

}  // namespace triloop::ws_codec
