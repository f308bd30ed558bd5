#include "sqlite_journal.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "log_later.h"

namespace triloop {
namespace {

void say_that_it_is_gone() {
  spdlog::error("chat: the database has been deleted or moved under the server");
}

}  // namespace

SqliteJournal::SqliteJournal(const std::string& file) : history_(file) {}

void SqliteJournal::follow(Hear hear) { hear_ = std::move(hear); }

std::vector<Kept> SqliteJournal::append(const std::string& room, const std::string& name,
                                        const std::string& sender,
                                        const std::vector<Saying>& sayings) {
  LogLater log;  // before the lock: so it writes after it
  const MutexLock lock(mutex_);
  const History::Added added = history_.add(room, name, sender, sayings);
  if (begins_to_be_gone()) log.add(say_that_it_is_gone);
  if (hear_ && !added.lines.empty()) hear_(room, added.lines);
  std::vector<Kept> kept;
  for (const std::uint64_t seq : added.seqs) kept.push_back({seq});
  return kept;
}

Past SqliteJournal::last(const std::string& room, std::size_t count) {
  LogLater log;
  const MutexLock lock(mutex_);
  if (begins_to_be_gone()) log.add(say_that_it_is_gone);
  return history_.last(room, count);
}

Past SqliteJournal::since(const std::string& room, std::uint64_t seq, std::size_t count) {
  LogLater log;
  const MutexLock lock(mutex_);
  if (begins_to_be_gone()) log.add(say_that_it_is_gone);
  return history_.since(room, seq, count);
}

std::string SqliteJournal::epoch() {
  const MutexLock lock(mutex_);
  return history_.epoch();
}

// Once: it does not come back.
bool SqliteJournal::begins_to_be_gone() {
  if (knows_that_it_is_gone_ || !history_.is_gone()) return false;
  knows_that_it_is_gone_ = true;
  return true;
}

}  // namespace triloop
