#include "processors/chat_name.h"

#include <charconv>
#include <cstddef>

#include "printable.h"

namespace triloop {
namespace {

constexpr std::size_t kLongestNameBytes = 40;

// RFC 3986 section 2.1.
std::optional<std::string> decode(const std::string& encoded, bool plus_is_space) {
  std::string decoded;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    char c = plus_is_space && encoded[at] == '+' ? ' ' : encoded[at];
    if (c == '%') {
      unsigned byte = 0;
      const char* const digits = encoded.data() + at + 1;
      if (encoded.size() - at <= 2) return std::nullopt;
      if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
      c = static_cast<char>(byte);
      at += 2;
    }
    decoded.push_back(c);
  }
  return decoded;
}

}  // namespace

std::optional<std::string> chat_name(const std::string& encoded, NameIn where) {
  if (where == NameIn::path && encoded.find('/') != std::string::npos) return std::nullopt;
  auto name = decode(encoded, where == NameIn::query);
  if (!name || name->empty() || name->size() > kLongestNameBytes) return std::nullopt;
  if (printable(*name) != *name) return std::nullopt;  // it would be another one on a screen
  if (name->front() == ' ' || name->back() == ' ') return std::nullopt;
  return name;
}

}  // namespace triloop
