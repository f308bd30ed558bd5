/// White space around the values of HTTP headers.
#pragma once

#include <algorithm>
#include <string_view>

namespace triloop {

/// `text` without the spaces and tabs at its ends (RFC 7230 section 3.2.3, "OWS").
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace triloop
