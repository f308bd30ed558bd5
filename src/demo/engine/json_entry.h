/// What triloop puts into streams and buckets: JSON, which UTF-8 passes unchanged.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace triloop {

inline std::string text_of(const nlohmann::json& entry) {
  return entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What another program has put there need not be JSON: then it has no strings.
inline nlohmann::json parse_entry(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

/// Empty if there is none of that name.
inline std::string string_in(const nlohmann::json& entry, const char* key) {
  const bool there = entry.is_object() && entry.contains(key) && entry[key].is_string();
  return there ? entry[key].get<std::string>() : std::string();
}

}  // namespace triloop
