#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

enum class Framing { kWebSocket, kLengthPrefix };

namespace opcode {
constexpr unsigned kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;
}

/// Of larger echoes only opcode and size are looked at, so that checking does not become the load.
constexpr std::size_t kMostCheckedBytes = 4096;

struct FrameHead {
  bool is_plain = false;  // final, unmasked, no reserved bits: all that is expected here
  unsigned opcode = 0;
  std::uint64_t payload_bytes = 0;
  std::size_t head_bytes = 0;
};

/// The head at the start of what a server sent; nullopt while it is incomplete.
std::optional<FrameHead> parse_head(Framing framing, std::string_view bytes);

/// A masked frame of at most 125 bytes of payload.
std::string control_frame(unsigned opcode, std::string_view payload);

/// The messages that a peer sends, made once: a cycle of frames with different payloads and masks,
/// one after the other, so that many of them are a single send without any copying. Never changed
/// after construction.
class Traffic {
 public:
  Traffic(Framing framing, bool text, std::size_t payload_bytes, std::size_t in_flight);

  Framing framing() const { return framing_; }
  unsigned opcode() const { return opcode_; }
  std::size_t payload_bytes() const { return payload_bytes_; }
  std::size_t frame_bytes() const { return frame_bytes_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t cycle() const { return payloads_.size(); }

  /// As many of `count` frames from `index` on as lie together, less the `sent` first bytes.
  std::string_view frames(std::size_t index, std::size_t sent, std::uint64_t count) const;
  bool is_echo_of(std::size_t index, std::string_view payload) const {
    return payload == payloads_[index];
  }

 private:
  const Framing framing_;
  const unsigned opcode_;
  const std::size_t payload_bytes_;
  const std::size_t in_flight_;
  std::size_t frame_bytes_ = 0;
  std::vector<std::string> payloads_;  // empty strings when they are too large to be checked
  std::string frames_;  // the cycle and its beginning again, for sends that pass its end
};

}  // namespace load
