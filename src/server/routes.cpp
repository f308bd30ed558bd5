#include "server/routes.h"

namespace triloop {
namespace {

// "/ws/*"
bool is_open_ended(const std::string& path) {
  return path.size() >= 2 && path.compare(path.size() - 2, 2, "/*") == 0;
}

}  // namespace

bool Routes::is_path(const std::string& path) {
  const std::size_t star = path.find('*');
  return star == std::string::npos || (star == path.size() - 1 && is_open_ended(path));
}

// A path of its own comes first; then the longest of those with a `*`.
const Routes::WebSocket* Routes::find(const std::string& path, std::string& rest) const {
  const auto exact = processors.find(path);
  if (exact != processors.end() && !is_open_ended(path)) return &exact->second;
  if (pages.count(path) > 0) return nullptr;
  const WebSocket* best = nullptr;
  std::size_t longest = 0;
  for (const auto& [pattern, candidate] : processors) {
    const std::size_t size = pattern.size() - 1;  // without the `*`
    if (!is_open_ended(pattern) || size <= longest) continue;
    if (path.compare(0, size, pattern, 0, size) != 0) continue;
    longest = size;
    best = &candidate;
  }
  if (best != nullptr) rest = path.substr(longest);
  return best;
}

}  // namespace triloop
