/// Numbers as text.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace triloop {

/// All of `text`, digits alone, and no more than `most`; nullopt if it is anything else. Zeros may
/// stand in front.
inline std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most,
                                                 int base = 10) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stopped != end || value > most) return std::nullopt;
  return value;
}

/// The same with no more digits than it needs: "08" is none.
inline std::optional<std::uint64_t> parse_short_number(std::string_view text, std::uint64_t most) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_number(text, most);
}

}  // namespace triloop
