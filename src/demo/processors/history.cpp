#include "history.h"

#include <algorithm>
#include <chrono>

#include "sqlite.h"
#include "token.h"

namespace triloop {
namespace {

constexpr std::uint64_t kMostLines = 100'000;   // in the file
constexpr int kBusyMs = 1000;                   // for another process that has the file locked
constexpr std::chrono::seconds kImpatience{1};  // after that was in vain

// With a write-ahead log a line costs no wait for the disk's own cache: after a power cut the last
// ones may be missing, but the file is whole.
constexpr const char* kSetUp[] = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
};

// What a file has is counted in user_version: of 0 it may be a new one, or of triloop 0.1.
constexpr const char* kTables[] = {
    R"(CREATE TABLE IF NOT EXISTS lines (
         id INTEGER PRIMARY KEY, room TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
         time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))))",
    "CREATE INDEX IF NOT EXISTS lines_by_room ON lines (room, id)",
    "ALTER TABLE lines ADD COLUMN sender TEXT",
    "ALTER TABLE lines ADD COLUMN said_as TEXT",  // the sender's id of it; NULL if it has none
    "CREATE UNIQUE INDEX lines_by_id ON lines (room, sender, said_as) WHERE said_as IS NOT NULL",
    "CREATE TABLE history (epoch TEXT NOT NULL)",
    "PRAGMA user_version = 1",
};

ChatLine line_of(const Statement& row) {
  return {row.number(0), row.text(1), row.text(2), row.text(3), row.text(4)};
}

}  // namespace

void History::Close::operator()(sqlite3* database) const { ::sqlite3_close(database); }

template <typename Call>
auto History::patiently(const Call& call) {
  ::sqlite3_busy_timeout(database_.get(), Clock::now() < impatient_until_ ? 0 : kBusyMs);
  try {
    return call();
  } catch (...) {
    impatient_until_ = Clock::now() + kImpatience;
    throw;
  }
}

History::History(const std::string& file) {
  sqlite3* database = nullptr;
  const int result = ::sqlite3_open(file.c_str(), &database);
  database_.reset(database);  // to be closed even if it could not be opened
  if (result != SQLITE_OK) throw std::runtime_error(file + ": " + ::sqlite3_errmsg(database));
  patiently([&] {
    for (const char* sql : kSetUp) Statement(database, sql).step();
    Transaction all(database);
    if (number("PRAGMA user_version") > 0) return;
    for (const char* sql : kTables) Statement(database, sql).step();
    Statement(database, "INSERT INTO history VALUES (?)").bind(1, new_token()).step();
    all.commit();
  });
}

History::Added History::add(const std::string& room, const std::string& name,
                            const std::string& sender, const std::vector<Saying>& sayings) {
  return patiently([&] {
    Transaction all(database_.get());
    Added added;
    for (const Saying& saying : sayings) {
      const std::uint64_t before = saying.id.empty() ? 0 : find(room, sender, saying.id);
      if (before == 0) added.lines.push_back(write_down(room, name, sender, saying));
      added.seqs.push_back(before == 0 ? added.lines.back().seq : before);
    }
    all.commit();
    return added;
  });
}

ChatLine History::write_down(const std::string& room, const std::string& name,
                             const std::string& sender, const Saying& saying) {
  Statement insert(database_.get(),
                   "INSERT INTO lines (room, name, text, sender, said_as) VALUES (?, ?, ?, ?, ?) "
                   "RETURNING id, said_as, name, text, time");
  insert.bind(1, room).bind(2, name).bind(3, saying.text).bind(4, sender);
  if (!saying.id.empty()) insert.bind(5, saying.id);  // else it stays NULL
  insert.step();
  ChatLine line = line_of(insert);
  insert.step();  // to the end: now it is written
  Statement trim(database_.get(), "DELETE FROM lines WHERE id <= last_insert_rowid() - ?");
  trim.bind(1, kMostLines).step();
  return line;
}

// 0 if there is none.
std::uint64_t History::find(const std::string& room, const std::string& sender,
                            const std::string& id) {
  Statement select(database_.get(),
                   "SELECT id FROM lines WHERE room = ? AND sender = ? AND said_as = ?");
  select.bind(1, room).bind(2, sender).bind(3, id);
  return select.step() ? select.number(0) : 0;
}

bool History::is_gone() const {
  int moved = 0;  // stays so for one that has no file
  ::sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

Past History::last(const std::string& room, std::size_t count) {
  return patiently([&] {
    Statement select(database_.get(),
                     "SELECT id, said_as, name, text, time FROM lines WHERE room = ? "
                     "ORDER BY id DESC LIMIT ?");
    select.bind(1, room).bind(2, count);
    Past past;
    while (select.step()) past.lines.push_back(line_of(select));
    std::reverse(past.lines.begin(), past.lines.end());
    past.seq = past.heard = number("SELECT COALESCE(MAX(id), 0) FROM lines");
    return past;
  });
}

// All rooms' lines are numbered together, without holes, and the oldest go first. So something
// behind `seq` is gone if what follows it is.
Past History::since(const std::string& room, std::uint64_t seq, std::size_t count) {
  return patiently([&] {
    const std::uint64_t newest = number("SELECT COALESCE(MAX(id), 0) FROM lines");
    const std::uint64_t oldest = number("SELECT COALESCE(MIN(id), 1) FROM lines");
    Past past;
    past.gap = seq > newest || seq + 1 < oldest;
    Statement select(database_.get(),
                     "SELECT id, said_as, name, text, time FROM lines WHERE room = ? AND id > ? "
                     "ORDER BY id LIMIT ?");
    select.bind(1, room).bind(2, seq > newest ? 0 : seq).bind(3, count);
    while (select.step()) past.lines.push_back(line_of(select));
    past.more = past.lines.size() == count;
    past.seq = past.more ? past.lines.back().seq : newest;
    past.heard = newest;
    return past;
  });
}

std::string History::epoch() {
  return patiently([&] {
    Statement select(database_.get(), "SELECT epoch FROM history");
    return select.step() ? select.text(0) : std::string();
  });
}

std::uint64_t History::number(const char* sql) {
  Statement select(database_.get(), sql);
  return select.step() ? select.number(0) : 0;
}

}  // namespace triloop
