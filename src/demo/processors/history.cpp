#include "history.h"

#include <algorithm>
#include <chrono>

#include "sqlite.h"

namespace triloop {
namespace {

constexpr int kMostLines = 100'000;             // in the file
constexpr int kBusyMs = 1000;                   // for another process that has the file locked
constexpr std::chrono::seconds kImpatience{1};  // after that was in vain

// With a write-ahead log a line costs no wait for the disk's own cache: after a power cut the last
// ones may be missing, but the file is whole.
constexpr const char* kSetUp[] = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    R"(CREATE TABLE IF NOT EXISTS lines (
         id INTEGER PRIMARY KEY, room TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
         time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))))",
    "CREATE INDEX IF NOT EXISTS lines_by_room ON lines (room, id)",
};

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
  });
}

std::vector<ChatLine> History::add(const std::string& room, const std::string& name,
                                   const std::vector<std::string>& texts) {
  return patiently([&] {
    Transaction all(database_.get());
    std::vector<ChatLine> lines;
    lines.reserve(texts.size());
    for (const std::string& text : texts) lines.push_back(write_down(room, name, text));
    all.commit();
    return lines;
  });
}

ChatLine History::write_down(const std::string& room, const std::string& name,
                             const std::string& text) {
  Statement insert(database_.get(),
                   "INSERT INTO lines (room, name, text) VALUES (?, ?, ?) RETURNING time");
  insert.bind(1, room).bind(2, name).bind(3, text).step();
  ChatLine line{name, text, insert.text(0)};
  insert.step();  // to the end: now it is written
  Statement trim(database_.get(), "DELETE FROM lines WHERE id <= last_insert_rowid() - ?");
  trim.bind(1, kMostLines).step();
  return line;
}

bool History::is_gone() const {
  int moved = 0;  // stays so for one that has no file
  ::sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

std::vector<ChatLine> History::last(const std::string& room, int count) {
  return patiently([&] {
    Statement select(database_.get(),
                     "SELECT name, text, time FROM lines WHERE room = ? ORDER BY id DESC LIMIT ?");
    select.bind(1, room).bind(2, count);
    std::vector<ChatLine> lines;
    while (select.step()) lines.push_back({select.text(0), select.text(1), select.text(2)});
    std::reverse(lines.begin(), lines.end());
    return lines;
  });
}

}  // namespace triloop
