#include "processors/chat_name.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "printable.h"
#include "utf8.h"

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

// Spaces that look like none, or like the one that a keyboard has: Zs of Unicode, but U+0020.
bool is_other_space(std::uint32_t c) {
  return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool has_odd_space(const std::string& name) {  // UTF-8
  for (std::size_t at = 0; at < name.size();) {
    const Character character = first_character(std::string_view(name).substr(at));
    if (is_other_space(character.code_point)) return true;
    at += character.bytes;
  }
  return name.front() == ' ' || name.back() == ' ' || name.find("  ") != std::string::npos;
}

}  // namespace

std::optional<std::string> chat_name(const std::string& encoded, NameIn where) {
  if (where == NameIn::path && encoded.find('/') != std::string::npos) return std::nullopt;
  auto name = decode(encoded, where == NameIn::query);
  if (!name || name->empty() || name->size() > kLongestNameBytes) return std::nullopt;
  if (printable(*name) != *name) return std::nullopt;  // it would be another one on a screen
  if (has_odd_space(*name)) return std::nullopt;
  return name;
}

}  // namespace triloop
