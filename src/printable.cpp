#include "printable.h"

#include <fmt/format.h>

#include <cstdint>

namespace triloop {
namespace {

struct Character {
  std::uint32_t code_point = 0;
  std::size_t bytes = 0;  // 0: what stands here is not UTF-8
};

// The first character of a text that is not empty (RFC 3629 section 4).
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (bytes == 0 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code_point = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  const std::uint32_t smallest = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, bytes};
}

// Control characters (C0, DEL, C1), and the marks that are invisible or turn the direction of
// writing, with which a line can be made to look like another one.
bool steers_a_terminal(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  std::size_t used = 0;
  while (used < text.size()) {
    const Character character = first_character(text.substr(used));
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (used + bytes > max_bytes) {
      return out + fmt::format("... ({} bytes more)", text.size() - used);
    }
    if (character.bytes == 0 || (bytes == 1 && steers_a_terminal(character.code_point))) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[used]));
    } else if (steers_a_terminal(character.code_point)) {
      out += fmt::format("\\u{:04x}", character.code_point);
    } else if (character.code_point == '\\') {
      out += "\\\\";
    } else {
      out += text.substr(used, bytes);
    }
    used += bytes;
  }
  return out;
}

}  // namespace triloop
