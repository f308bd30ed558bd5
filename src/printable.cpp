#include "printable.h"

#include <fmt/format.h>

#include <cstdint>

#include "utf8.h"

namespace triloop {
namespace {

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
