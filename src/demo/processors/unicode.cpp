#include "unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

namespace triloop {
namespace {

constexpr std::uint32_t kNonJoiner = 0x200C, kJoiner = 0x200D, kInColour = 0xFE0F;
constexpr int kVirama = 9;  // its canonical combining class

bool is_joiner(std::uint32_t c) { return c == kNonJoiner || c == kJoiner || c == kInColour; }

const utf8proc_property_t& property(std::uint32_t c) {
  return *::utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
}

bool is_pictograph(std::uint32_t c) {
  return property(c).boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

// Of what utf8proc has no properties, because no character is there; and marks of annotations.
constexpr struct {
  std::uint32_t first, last;
} kNoCharacters[] = {
    {0x2065, 0x2065}, {0xFDD0, 0xFDEF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}};

// An accent, a colour of the skin, the selector.
bool modifies_what_is_before(std::uint32_t c) {
  return property(c).boundclass == UTF8PROC_BOUNDCLASS_EXTEND;
}

// A letter of Arabic's kind. Which of them join the next one (Joining_Type) utf8proc does not know:
// behind one that does not, a non-joiner changes nothing, and without_joiners() has to take it for
// nothing.
bool is_cursive(std::uint32_t c) {
  return property(c).bidi_class == UTF8PROC_BIDI_CLASS_AL &&
         property(c).category == UTF8PROC_CATEGORY_LO;
}

bool is_in_place(const CodePoints& text, CodePoints::const_iterator at) {
  if (at == text.begin()) return false;
  if (*at == kInColour) return is_pictograph(*std::prev(at));
  if (property(*std::prev(at)).combining_class == kVirama) return true;
  const auto before =
      std::find_if_not(std::make_reverse_iterator(at), text.rend(), modifies_what_is_before);
  const auto next = std::next(at);
  if (before == text.rend() || next == text.end()) return false;
  return *at == kJoiner ? is_pictograph(*before) && is_pictograph(*next)
                        : is_cursive(*before) && is_cursive(*next);
}

struct First {
  std::uint32_t code_point;
  std::size_t bytes;
};

// Of a text that is UTF-8, and not empty.
First first_of(std::string_view text) {
  utf8proc_int32_t code_point = 0;
  const utf8proc_ssize_t bytes =
      ::utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                         static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  if (bytes <= 0) throw std::invalid_argument("not UTF-8");
  return {static_cast<std::uint32_t>(code_point), static_cast<std::size_t>(bytes)};
}

}  // namespace

std::optional<std::string> composed(const std::string& text) {
  constexpr auto kFormC = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  utf8proc_uint8_t* bytes = nullptr;
  const utf8proc_ssize_t size =
      ::utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &bytes, kFormC);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(bytes, std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

CodePoints code_points_of(const std::string& text) {
  CodePoints code_points;
  for (std::string_view rest = text; !rest.empty();) {
    const First first = first_of(rest);
    code_points.push_back(first.code_point);
    rest.remove_prefix(first.bytes);
  }
  return code_points;
}

bool is_unseen(std::uint32_t c) {
  const auto category = property(c).category;
  return property(c).ignorable || category == UTF8PROC_CATEGORY_CC ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
         std::any_of(std::begin(kNoCharacters), std::end(kNoCharacters),
                     [c](const auto& range) { return range.first <= c && c <= range.last; });
}

bool has_joiners_in_place(const CodePoints& text) {
  for (auto at = text.begin(); at != text.end(); ++at) {
    if (is_joiner(*at) && !is_in_place(text, at)) return false;
  }
  return true;
}

std::string without_joiners(const std::string& text) {
  std::string rest_of_it;
  for (std::string_view rest = text; !rest.empty();) {
    const First first = first_of(rest);
    if (!is_joiner(first.code_point)) rest_of_it += rest.substr(0, first.bytes);
    rest.remove_prefix(first.bytes);
  }
  return rest_of_it;
}

}  // namespace triloop
