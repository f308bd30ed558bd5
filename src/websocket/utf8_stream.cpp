#include "websocket/utf8_stream.h"

#include <websocketpp/utf8_validator.hpp>
#ifdef TRILOOP_WITH_SIMDJSON
#include <simdjson.h>
#endif

namespace triloop {
namespace {

namespace validator = websocketpp::utf8_validator;

#ifdef TRILOOP_WITH_SIMDJSON
// A call of simdjson takes some 25 ns for however few bytes; the validator needs them for so many.
constexpr std::size_t kMany = 24;

// How many bytes at the end of `text` begin a character, and are not all of it. What is no UTF-8
// may be counted or not: either way it is looked at.
std::size_t cut_off(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= 3 && bytes <= text.size(); ++bytes) {
    const auto byte = static_cast<unsigned char>(text[text.size() - bytes]);
    if ((byte & 0xC0) == 0x80) continue;  // not its first
    const std::size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return bytes < size ? bytes : 0;
  }
  return 0;
}

// At its first call simdjson finds out what the processor can. That allocates, and the call is
// noexcept: so it is here, before anything can be short of memory.
[[maybe_unused]] const bool kSettled = simdjson::validate_utf8("", 0);
#endif

}  // namespace

bool Utf8Stream::take_any(std::string_view piece) {
  static_assert(kBetween == validator::utf8_accept && kRefused == validator::utf8_reject);
#ifdef TRILOOP_WITH_SIMDJSON
  while (!complete() && !piece.empty()) {
    if (!take_bytes(piece.substr(0, 1))) return false;
    piece.remove_prefix(1);
  }
  if (piece.size() >= kMany) {
    const std::string_view whole = piece.substr(0, piece.size() - cut_off(piece));
    if (!simdjson::validate_utf8(whole.data(), whole.size())) state_ = kRefused;
    piece.remove_prefix(whole.size());
  }
#endif
  while (piece.size() >= kWord) {
    const bool passed = complete() && is_ascii(piece.data());
    if (!passed && !take_bytes(piece.substr(0, kWord))) return false;
    piece.remove_prefix(kWord);
  }
  return take_bytes(piece);
}

// The validator, which has a table of states.
bool Utf8Stream::take_bytes(std::string_view bytes) {
  std::uint32_t state = state_;
  std::uint32_t ignored = 0;  // the character, put together
  for (const char byte : bytes) {
    if (validator::decode(&state, &ignored, static_cast<std::uint8_t>(byte)) == kRefused) break;
  }
  state_ = state;
  return state != kRefused;
}

}  // namespace triloop
