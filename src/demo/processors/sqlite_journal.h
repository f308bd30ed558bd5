/// What was said in the chat, kept by this program for itself.
#pragma once

#include <string>
#include <vector>

#include "history.h"
#include "journal.h"
#include "triloop/sync.h"

namespace triloop {

/// In an SQLite file. Every call waits for the disk, and for another program that has the file
/// locked, a second at most; it throws std::runtime_error with SQLite's words if the database
/// fails. Says once in the log if the file is deleted or moved.
class SqliteJournal : public Journal {
 public:
  /// Opens the file, or makes it.
  explicit SqliteJournal(const std::string& file);

  void follow(Hear hear) override;
  /// Those who follow have heard of the lines when it returns.
  std::vector<Kept> append(const std::string& room, const std::string& name,
                           const std::string& sender, const std::vector<Saying>& sayings) override
      TRILOOP_EXCLUDES(mutex_);
  Past last(const std::string& room, std::size_t count) override TRILOOP_EXCLUDES(mutex_);
  Past since(const std::string& room, std::uint64_t seq, std::size_t count) override
      TRILOOP_EXCLUDES(mutex_);
  std::string epoch() override TRILOOP_EXCLUDES(mutex_);

 private:
  bool begins_to_be_gone() TRILOOP_REQUIRES(mutex_);

  Hear hear_;
  // SQLite writes one line at a time anyway. Under it whoever follows hears them: so all do in the
  // same order.
  Mutex mutex_;
  History history_ TRILOOP_GUARDED_BY(mutex_);
  bool knows_that_it_is_gone_ TRILOOP_GUARDED_BY(mutex_) = false;
};

}  // namespace triloop
