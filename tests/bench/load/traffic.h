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
/// What comes compressed is expanded and looked at whatever its size.
constexpr std::size_t kMostCheckedBytes = 4096;

struct FrameHead {
  bool is_plain = false;  // final, unmasked, no reserved bits but the first: all that is expected
  bool is_compressed = false;
  unsigned opcode = 0;
  std::uint64_t payload_bytes = 0;
  std::size_t head_bytes = 0;
};

/// The head at the start of what a server sent; nullopt while it is incomplete.
std::optional<FrameHead> parse_head(Framing framing, std::string_view bytes);

/// A masked frame of at most 125 bytes of payload.
std::string control_frame(unsigned opcode, std::string_view payload);

struct TrafficOptions {
  Framing framing = Framing::kWebSocket;
  bool text = false;
  bool compressed = false;
  bool tls = false;
  bool by_message = false;  // frames are made when they are sent, and every echo is compared
  std::string payload = "letters";
  std::size_t payload_bytes = 64;
  std::size_t in_flight = 1;
  std::size_t send_bytes = 0;  // at most, in one call; 0: as much as there is
};

/// The messages that a peer sends, made once: a cycle of frames with different payloads and masks,
/// one after the other, so that many of them are a single send without any copying. Never changed
/// after construction.
class Traffic {
 public:
  explicit Traffic(const TrafficOptions& options);

  Framing framing() const { return options_.framing; }
  bool is_compressed() const { return options_.compressed; }
  bool is_over_tls() const { return options_.tls; }
  unsigned opcode() const { return options_.text ? opcode::kText : opcode::kBinary; }
  std::size_t payload_bytes() const { return options_.payload_bytes; }
  std::size_t in_flight() const { return options_.in_flight; }
  std::size_t cycle() const { return payloads_.size(); }
  std::size_t frame_bytes(std::size_t index) const { return begins_[index + 1] - begins_[index]; }

  /// As many of `count` frames from `index` on as lie together, less the `sent` first bytes.
  std::string_view frames(std::size_t index, std::size_t sent, std::uint64_t count) const;
  bool is_by_message() const { return options_.by_message; }
  /// The frame of a message, made anew.
  void make_frame(std::size_t index, std::string& frame) const;
  /// Whether this is what the payload has there; only of traffic that is_by_message().
  bool is_part_of(std::size_t index, std::size_t offset, std::string_view part) const {
    return std::string_view(payloads_[index]).substr(offset, part.size()) == part;
  }
  bool is_echo_of(std::size_t index, std::string_view payload) const {
    return payload == payloads_[index];
  }

 private:
  void append(std::string_view payload);

  const TrafficOptions options_;
  std::vector<std::string> payloads_;  // empty strings when they are too large to be checked
  std::string frames_;  // the cycle and its beginning again, for sends that pass its end
  std::vector<std::size_t> begins_ = {0};  // of each frame in frames_, and where the last one ends
};

}  // namespace load
