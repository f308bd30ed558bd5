#include "chat_name.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "unicode.h"

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

bool has_odd_space(const CodePoints& name) {
  if (name.front() == ' ' || name.back() == ' ') return true;
  const auto two = std::adjacent_find(name.begin(), name.end(),
                                      [](auto a, auto b) { return a == ' ' && b == ' '; });
  return two != name.end() || std::any_of(name.begin(), name.end(), is_other_space);
}

// With which a name would be another one on a screen, or in a log look like an escape.
bool disguises(std::uint32_t c) { return is_unseen(c) || c == '\\'; }

}  // namespace

std::optional<std::string> chat_name(const std::string& encoded, NameIn where) {
  if (where == NameIn::path && encoded.find('/') != std::string::npos) return std::nullopt;
  const auto decoded = decode(encoded, where == NameIn::query);
  if (!decoded) return std::nullopt;
  auto name = composed(*decoded);
  if (!name || name->empty() || name->size() > kLongestNameBytes) return std::nullopt;
  const CodePoints characters = code_points_of(*name);
  if (has_odd_space(characters) || !has_joiners_in_place(characters)) return std::nullopt;
  const CodePoints seen = code_points_of(without_joiners(*name));
  if (std::any_of(seen.begin(), seen.end(), disguises)) return std::nullopt;
  return name;
}

std::string identity_of(const std::string& name) { return without_joiners(name); }

}  // namespace triloop
