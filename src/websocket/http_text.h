/// What words of HTTP are made of: RFC 7230 section 3.2.
#pragma once

#include <strings.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace triloop {

/// `text` without the spaces and tabs at its ends (section 3.2.3, "OWS").
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

/// A header's name, a subprotocol, and what else stands without quotes (section 3.2.6).
inline bool is_token(std::string_view text) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kToken) == std::string_view::npos;
}

/// "a, b": a header's value that is a list (section 7).
inline std::string joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list.append(list.empty() ? "" : ", ").append(item);
  return list;
}

/// Is there a control character but the tab in it? A header's value has none, and so is one line.
inline bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

/// Are they the same without regard to case, as names are?
inline bool is_same_name(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace triloop
