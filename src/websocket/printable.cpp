#include "websocket/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "websocket/utf8.h"

namespace triloop {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Control characters (C0, DEL, C1), and what is invisible or turns the direction of writing, with
// which a line can be made to look like another one: Default_Ignorable_Code_Point and Bidi_Control
// of Unicode 15, line and paragraph separators, and what is no character.
constexpr Range kDisguises[] = {
    {0x00, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160},  {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},  {0x3164, 0x3164}, {0xFDD0, 0xFDEF}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF}};

bool steers_a_terminal(std::uint32_t c) {
  return std::any_of(std::begin(kDisguises), std::end(kDisguises),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
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
