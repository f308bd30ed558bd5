// The chat's history without SQLite: a scenario is run a million times, and touches no file.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "demo/processors/history.h"

// The database is what history.h has of it: an address.
struct sqlite3 {
  std::vector<std::pair<std::string, triloop::ChatLine>> lines;  // with their rooms
};

namespace triloop {

void History::Close::operator()(sqlite3* database) const { delete database; }

History::History(const std::string& /*file*/) : database_(new sqlite3) {}

std::vector<ChatLine> History::add(const std::string& room, const std::string& name,
                                   const std::vector<std::string>& texts) {
  std::vector<ChatLine> added;
  for (const std::string& text : texts) added.push_back({name, text, "2026-11-23T18:00:00Z"});
  for (const ChatLine& line : added) database_->lines.emplace_back(room, line);
  return added;
}

std::vector<ChatLine> History::last(const std::string& room, int count) {
  std::vector<ChatLine> lines;
  for (const auto& [where, line] : database_->lines) {
    if (where == room) lines.push_back(line);
  }
  const auto most = static_cast<std::size_t>(count);
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - count);
  return lines;
}

bool History::is_gone() const { return false; }

}  // namespace triloop
