#include "server/routes.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "server/labels.h"

namespace triloop {
namespace {

// "/ws/*"
bool is_open_ended(const std::string& path) {
  return path.size() >= 2 && path.compare(path.size() - 2, 2, "/*") == 0;
}

// Of those with a `*` the longest that `path` begins like; then `rest` becomes what follows.
template <typename Value>
const Value* longest_match(const std::map<std::string, Value>& all, const std::string& path,
                           std::string& rest) {
  const Value* best = nullptr;
  std::size_t longest = 0;
  for (const auto& [pattern, candidate] : all) {
    const std::size_t size = pattern.size() - 1;  // without the `*`
    if (!is_open_ended(pattern) || size <= longest) continue;
    if (path.compare(0, size, pattern, 0, size) != 0) continue;
    longest = size;
    best = &candidate;
  }
  if (best != nullptr) rest = path.substr(longest);
  return best;
}

}  // namespace

bool Routes::is_path(const std::string& path) {
  const std::size_t star = path.find('*');
  return star == std::string::npos || (star == path.size() - 1 && is_open_ended(path));
}

const Routes::WebSocket* Routes::find(const std::string& path, std::string& rest) const {
  const auto exact = processors.find(path);
  if (exact != processors.end() && !is_open_ended(path)) return &exact->second;
  if (pages.count(path) > 0) return nullptr;
  return longest_match(processors, path, rest);
}

const Page* Routes::find_page(const std::string& path, std::string& rest) const {
  const auto exact = pages.find(path);
  if (exact != pages.end() && !is_open_ended(path)) return &exact->second;
  return longest_match(pages, path, rest);
}

const Admit* Routes::find_admit(const std::string& path) const {
  const auto exact = admits.find(path);
  if (exact != admits.end() && !is_open_ended(path)) return &exact->second;
  std::string ignored;
  return longest_match(admits, path, ignored);
}

// Does a processor have one of the paths that `gate` is for?
bool Routes::leads_somewhere(const std::string& gate) const {
  std::string ignored;
  if (!is_open_ended(gate)) return find(gate, ignored) != nullptr;
  const auto begins_like = [](const std::string& path, const std::string& pattern) {
    return path.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
  };
  return std::any_of(processors.begin(), processors.end(), [&](const auto& one) {
    return begins_like(one.first, gate) ||
           (is_open_ended(one.first) && begins_like(gate, one.first));
  });
}

void Routes::check_admits() const {
  for (const auto& [gate, decides] : admits) {
    if (!leads_somewhere(gate)) throw std::logic_error("admit: there is no processor at " + gate);
  }
}

std::string Routes::label_of(const Request& request) const {
  if (label_parameter.empty()) return {};
  std::string label = request.parameter(label_parameter);
  return is_label(label) ? label : "";
}

bool is_label(std::string_view text) {
  constexpr std::size_t kMostBytes = 40;
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.size() <= kMostBytes &&
         text.find_first_not_of(kPlain) == std::string_view::npos;
}

}  // namespace triloop
