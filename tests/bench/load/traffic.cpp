#include "traffic.h"

#include <algorithm>
#include <random>

#include "deflate.h"
#include "payload.h"

namespace load {
namespace {

constexpr std::size_t kCycleOfSmall = 64;
constexpr std::size_t kCycleOfLarge = 2;         // more would only fall out of the cache
constexpr std::size_t kMostRepeated = 64 << 10;  // bytes; a longer send gains nothing
constexpr std::size_t kShortBytes = 125;         // the longest payload with a head of 2 bytes
constexpr unsigned kMedium = 126, kLong = 127;   // length fields of 2 and 8 bytes follow
constexpr unsigned char kFinal = 0x80, kCompressed = 0x40, kMasked = 0x80;

void append_big_endian(std::string& to, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(number >> shift));
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::mt19937& generator() {
  static std::mt19937 engine(1);  // the same bytes in every run
  return engine;
}

void append_frame(std::string& to, unsigned first_byte, std::string_view payload) {
  to.push_back(static_cast<char>(first_byte));
  if (payload.size() <= kShortBytes) {
    to.push_back(static_cast<char>(kMasked | payload.size()));
  } else if (payload.size() <= 0xffff) {
    to.push_back(static_cast<char>(kMasked | kMedium));
    append_big_endian(to, payload.size(), 2);
  } else {
    to.push_back(static_cast<char>(kMasked | kLong));
    append_big_endian(to, payload.size(), 8);
  }
  std::uniform_int_distribution<int> nonzero(1, 255);
  char mask[4];
  for (char& c : mask) c = static_cast<char>(nonzero(generator()));
  to.append(mask, sizeof mask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    to.push_back(static_cast<char>(payload[i] ^ mask[i % sizeof mask]));
  }
}

}  // namespace

std::optional<FrameHead> parse_head(Framing framing, std::string_view bytes) {
  constexpr std::size_t kPrefixBytes = 4;
  FrameHead head;
  if (framing == Framing::kLengthPrefix) {
    if (bytes.size() < kPrefixBytes) return std::nullopt;
    head = {true, false, opcode::kBinary, big_endian(bytes.substr(0, kPrefixBytes)), kPrefixBytes};
    return head;
  }
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  const unsigned length = second & ~kMasked;
  const std::size_t length_bytes = length == kLong ? 8 : length == kMedium ? 2 : 0;
  head.head_bytes = 2 + length_bytes;
  if (bytes.size() < head.head_bytes) return std::nullopt;
  head.opcode = first & 0x0f;
  head.is_compressed = (first & kCompressed) != 0;
  head.is_plain = (first & 0xf0 & ~kCompressed) == kFinal && (second & kMasked) == 0;
  head.payload_bytes = length_bytes == 0 ? length : big_endian(bytes.substr(2, length_bytes));
  return head;
}

std::string control_frame(unsigned opcode, std::string_view payload) {
  std::string frame;
  append_frame(frame, kFinal | opcode, payload);
  return frame;
}

Traffic::Traffic(const TrafficOptions& options) : options_(options) {
  const bool is_small = options.payload_bytes <= kMostCheckedBytes;
  const std::size_t distinct = is_small ? kCycleOfSmall : kCycleOfLarge;
  for (std::size_t i = 0; i < distinct; ++i) {
    std::string payload = make_payload(options.payload, options.payload_bytes, generator());
    append(payload);
    payloads_.push_back(is_small || options.compressed || options.by_message ? std::move(payload)
                                                                             : std::string());
  }
  // Each frame of the cycle may be followed by this many of those at its beginning.
  const std::size_t usual = frames_.size() / distinct;
  const std::size_t repeated = std::min({options.in_flight, kMostRepeated / usual, distinct});
  for (std::size_t i = 0; i < repeated; ++i) {
    frames_ += std::string(frames_, begins_[i], frame_bytes(i));
    begins_.push_back(frames_.size());
  }
}

void Traffic::append(std::string_view payload) {
  if (options_.framing == Framing::kLengthPrefix) {
    append_big_endian(frames_, payload.size(), 4);
    frames_ += payload;
  } else if (options_.compressed) {
    append_frame(frames_, kFinal | kCompressed | opcode(), deflated(payload));
  } else {
    append_frame(frames_, kFinal | opcode(), payload);
  }
  begins_.push_back(frames_.size());
}

void Traffic::make_frame(std::size_t index, std::string& frame) const {
  frame.clear();
  append_frame(frame, kFinal | opcode(), payloads_[index]);
}

std::string_view Traffic::frames(std::size_t index, std::size_t sent, std::uint64_t count) const {
  const std::size_t last = std::min<std::uint64_t>(begins_.size() - 1, index + count);
  const std::size_t begin = begins_[index] + sent;
  std::size_t bytes = begins_[last] > begin ? begins_[last] - begin : 0;
  if (options_.send_bytes > 0) bytes = std::min(bytes, options_.send_bytes);
  return std::string_view(frames_).substr(begin, bytes);
}

}  // namespace load
