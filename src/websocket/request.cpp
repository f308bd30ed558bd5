#include "triloop/request.h"

#include <strings.h>

#include <algorithm>

#include "websocket/http_text.h"

namespace triloop {

bool Request::NameOrder::operator()(const std::string& a, const std::string& b) const {
  return ::strcasecmp(a.c_str(), b.c_str()) < 0;
}

std::string Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string Request::parameter(const std::string& name) const {
  std::string_view left = query;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(part.size() + 1, left.size()));
    if (part.substr(0, part.find('=')) != name) continue;
    return std::string(part.substr(std::min(name.size() + 1, part.size())));
  }
  return {};
}

bool list_contains(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view candidate = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (candidate == item) return true;
  }
  return false;
}

}  // namespace triloop
