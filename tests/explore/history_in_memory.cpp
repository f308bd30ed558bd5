// The chat's history without SQLite: a scenario is run a million times, and touches no file.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "demo/processors/history.h"

// The database is what history.h has of it: an address.
struct sqlite3 {
  struct Row {
    std::string room, sender;
    triloop::ChatLine line;
  };
  std::vector<Row> rows;
};

namespace triloop {

void History::Close::operator()(sqlite3* database) const { delete database; }

History::History(const std::string& /*file*/) : database_(new sqlite3) {}

History::Added History::add(const std::string& room, const std::string& name,
                            const std::string& sender, const std::vector<Saying>& sayings) {
  Added added;
  for (const Saying& saying : sayings) {
    std::uint64_t seq = saying.id.empty() ? 0 : find(room, sender, saying.id);
    if (seq == 0) {
      seq = database_->rows.size() + 1;
      added.lines.push_back({seq, saying.id, name, saying.text, "2026-11-23T18:00:00Z"});
      database_->rows.push_back({room, sender, added.lines.back()});
    }
    added.seqs.push_back(seq);
  }
  return added;
}

std::uint64_t History::find(const std::string& room, const std::string& sender,
                            const std::string& id) {
  for (const sqlite3::Row& row : database_->rows) {
    if (row.room == room && row.sender == sender && row.line.id == id) return row.line.seq;
  }
  return 0;
}

Past History::last(const std::string& room, std::size_t count) {
  Past past = since(room, 0, SIZE_MAX);
  if (past.lines.size() > count) {
    past.lines.erase(past.lines.begin(), past.lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  return past;
}

Past History::since(const std::string& room, std::uint64_t seq, std::size_t count) {
  Past past;
  past.seq = past.heard = database_->rows.size();
  for (const sqlite3::Row& row : database_->rows) {
    if (row.room != room || row.line.seq <= seq) continue;
    past.lines.push_back(row.line);
    if (past.lines.size() < count) continue;
    past.more = true;
    past.seq = row.line.seq;
    break;
  }
  return past;
}

std::string History::epoch() { return "1"; }

bool History::is_gone() const { return false; }

}  // namespace triloop
