/// As much of Unicode as names need, on utf8proc. No state: any thread may call anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace triloop {

using CodePoints = std::vector<std::uint32_t>;

/// Normal form C (UAX 15), in which a letter and its accent are one character where there is one;
/// nullopt if the text is not UTF-8.
std::optional<std::string> composed(const std::string& text);

/// Of a text that is UTF-8.
CodePoints code_points_of(const std::string& text);

/// Can it not be seen, or does it steer? Control characters, what is invisible or turns the
/// direction of writing, separators of lines, and what is no character; joiners, too.
bool is_unseen(std::uint32_t c);

/// Joiner, non-joiner and the selector that shows an emoji in colour cannot be seen by themselves.
/// Is each where it may change what is seen?
///
/// Joiner and non-joiner: behind a virama, as in Malayalam; a non-joiner also between letters that
/// would be joined, as in Persian (RFC 5892, appendix A.1 and A.2); a joiner also between
/// pictographs (UAX 29, GB11). The selector: behind a pictograph.
bool has_joiners_in_place(const CodePoints& text);

/// The same text without them.
std::string without_joiners(const std::string& text);

}  // namespace triloop
