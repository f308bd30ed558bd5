/// The words of a Sec-WebSocket-Extensions header (RFC 6455 section 9.1, RFC 7692 section 7.1). For
/// deflate.cpp and deflate_client.cpp only.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "websocket/http_text.h"

namespace triloop::deflate_terms {

constexpr int kMinWindowBits = 8;
constexpr int kMaxWindowBits = 15;

// The smallest with which zlib compresses.
constexpr int kLeastWindowBits = 9;

inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(trim(text.substr(0, end)));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

// 8 to 15, without leading zeros, perhaps in quotes (section 7.1.2).
inline std::optional<int> window_bits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  for (int bits = kMinWindowBits; bits <= kMaxWindowBits; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

}  // namespace triloop::deflate_terms
