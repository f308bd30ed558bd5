// Any bytes as a client's frames: no crash; no message above the limit, no text that is none; the
// frames and the verdict do not depend on how the bytes are cut, nor on whether they are received
// right into their messages and into memory of earlier ones; and what came out, encoded again,
// comes out again. With and without permessage-deflate.
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "pieces.h"
#include "websocket/protocol.h"
#include "websocket/spare_buffers.h"

namespace triloop::fuzzing {
namespace {

constexpr std::size_t kLimit = 6000;  // some messages are worth being kept

// The second byte of an input: is there compression, and how?
struct Settings {
  explicit Settings(std::uint8_t bits) : deflate((bits & 1) != 0) {
    parameters.server_no_context_takeover = (bits & 2) != 0;
    parameters.client_no_context_takeover = (bits & 4) != 0;
    parameters.server_max_window_bits = 9 + (bits >> 3) % 7;
    if (bits >= 128) parameters.client_max_window_bits = 8 + (bits >> 3) % 8;
    parameters.level = 1 + bits % 9;
  }

  // The settings of a server to which this one's frames are sent.
  Settings mirrored() const {
    Settings other = *this;
    std::swap(other.parameters.server_no_context_takeover,
              other.parameters.client_no_context_takeover);
    other.parameters.client_max_window_bits = parameters.server_max_window_bits;
    return other;
  }

  bool deflate;
  DeflateParameters parameters;
  std::size_t limit = kLimit;
};

std::unique_ptr<WsProtocol> protocol_for(const Settings& settings, SpareBuffers* spares = nullptr) {
  using Deflate = std::optional<DeflateParameters>;
  return std::make_unique<WsProtocol>(
      settings.limit, settings.deflate ? Deflate(settings.parameters) : Deflate(), spares);
}

struct Seen {
  std::vector<Frame> frames;
  std::uint16_t violation = 0;  // 0: none

  // Of several faults in one compressed piece any may be found first.
  std::string text(bool with_code) const {
    std::string text;
    for (const Frame& frame : frames) {
      text += std::to_string(static_cast<int>(frame.opcode)) + ':' + frame.payload + '\n';
    }
    return text + "violation " + std::to_string(with_code ? violation : violation != 0);
  }
};

void check_frame(const Frame& frame, std::size_t limit) {
  switch (frame.opcode) {
    case Opcode::text:
      demand(is_utf8(frame.payload), "text that is none");
      [[fallthrough]];
    case Opcode::binary:
      demand(frame.payload.size() <= limit, "a message above the limit");
      return;
    case Opcode::close: {
      const CloseStatus status = parse_close(frame.payload);
      demand(status.code == close_code::kNoStatus || is_sendable_close_code(status.code),
             "a Close code that may not be sent");
      demand(is_utf8(status.reason), "a reason that is no text");
      demand(close_frame(status).payload == frame.payload, "a Close frame that changes");
      [[fallthrough]];
    }
    case Opcode::ping:
    case Opcode::pong:
      demand(frame.payload.size() <= 125, "a control frame above 125 bytes");
      return;
  }
  finding("an opcode that is none");
}

// As a receive does it: into the message itself, if one has begun.
Bytes put_in_place(WsProtocol& protocol, Bytes piece) {
  const Bytes room = protocol.room();
  if (room.size == 0) return piece;
  const std::size_t size = std::min(room.size, piece.size);
  std::memcpy(room.data, piece.data, size);
  return {room.data, size};
}

// With `spares` as the loops do it: in place, and the memory of what is done with is given back.
template <typename Next>
Seen decode(const Settings& settings, std::string bytes, Next next,
            SpareBuffers* spares = nullptr) {
  const std::unique_ptr<WsProtocol> protocol = protocol_for(settings, spares);
  Seen seen;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    Bytes piece{bytes.data() + taken, std::min(next(), bytes.size() - taken)};
    if (spares != nullptr) piece = put_in_place(*protocol, piece);
    taken += piece.size;
    for (;;) {
      Frame frame;
      const std::size_t before = piece.size;
      const Decoded decoded = protocol->decode(piece, frame);
      demand(piece.size <= before, "more taken than there was");
      if (decoded == Decoded::kNeedMore) {
        demand(piece.size == 0, "bytes left by a frame that needs more");
        break;
      }
      if (decoded == Decoded::kViolation) {
        const CloseStatus& status = protocol->violation();
        demand(is_sendable_close_code(status.code), "a violation's code that may not be sent");
        demand(close_frame(status).payload.size() <= 125, "a violation's reason that is too long");
        demand(is_utf8(status.reason), "a violation's reason that is no text");
        seen.violation = status.code;
        return seen;
      }
      check_frame(frame, settings.limit);
      seen.frames.push_back(frame);
      if (spares != nullptr) {
        std::vector<Frame> sent;
        sent.push_back(std::move(frame));
        spares->give_back(sent);
      }
      if (seen.frames.back().opcode == Opcode::close) return seen;
    }
  }
  return seen;
}

// A peer that refers further back than it has agreed to is found out where that is in an earlier
// piece: zlib remembers no more of one. Then the frames end where it was found.
bool reaches_too_far(const Settings& settings, const Seen& whole, const Seen& cut) {
  if (!settings.deflate || !settings.parameters.client_max_window_bits) return false;
  if (cut.violation != close_code::kInvalidPayload) return false;
  if (cut.frames.size() > whole.frames.size()) return false;
  Seen beginning;
  beginning.frames.assign(whole.frames.begin(), whole.frames.begin() + cut.frames.size());
  beginning.violation = cut.violation;
  return beginning.text(true) == cut.text(true);
}

// The server's frames are not masked; with the bit set and a key of zeros they are a client's.
std::string as_client(const Settings& settings, std::vector<Frame> frames) {
  const std::unique_ptr<WsProtocol> protocol = protocol_for(settings);
  std::string bytes;
  for (Frame& frame : frames) {
    std::string header = protocol->encode_header(frame);
    demand(header.size() >= 2 && header.size() <= 10, "a header that is none");
    demand((header[1] & 0x80) == 0, "a mask from the server");
    header[1] = static_cast<char>(header[1] | 0x80);
    bytes += header + std::string(4, '\0') + frame.payload;
  }
  return bytes;
}

}  // namespace
}  // namespace triloop::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triloop::fuzzing;
  if (size < 2) return 0;
  const Settings settings(data[1]);
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto in_one = [](std::size_t all) { return [all] { return all; }; };
  const bool with_code = !settings.deflate;

  const Seen whole = decode(settings, bytes, in_one(bytes.size()));
  Cutter cutter(data[0]);
  const Seen cut = decode(settings, bytes, [&] { return cutter.next(); });
  if (whole.text(with_code) != cut.text(with_code) && !reaches_too_far(settings, whole, cut)) {
    finding("the frames depend on the pieces", "whole: " + whole.text(true),
            "cut: " + cut.text(true));
  }

  triloop::SpareBuffers spares(2 * kLimit);
  const Seen in_place = decode(
      settings, bytes, [&] { return cutter.next(); }, &spares);
  if (in_place.text(with_code) != whole.text(with_code) &&
      !reaches_too_far(settings, whole, in_place)) {
    finding("the frames depend on where they are received", whole.text(true), in_place.text(true));
  }

  Seen expected = whole;
  expected.violation = 0;
  Settings other = settings.mirrored();
  other.limit = 2 * kLimit;  // what cannot be compressed becomes a little larger
  const std::string back = as_client(settings, whole.frames);
  const Seen again = decode(other, back, in_one(back.size()));
  if (again.text(true) != expected.text(true)) {
    finding("what is encoded does not decode", expected.text(true), again.text(true));
  }
  return 0;
}
