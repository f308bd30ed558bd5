#include "triloop/request.h"

#include <strings.h>

#include <algorithm>

#include "trim.h"

namespace triloop {

bool Request::NameOrder::operator()(const std::string& a, const std::string& b) const {
  return ::strcasecmp(a.c_str(), b.c_str()) < 0;
}

std::string Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
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
