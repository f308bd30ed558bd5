/// What was said in the chat, in an SQLite database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal.h"
#include "triloop/sync.h"

struct sqlite3;

namespace triloop {

/// The lines of all rooms. They survive the program; the oldest go when there are too many.
///
/// Every call waits for the disk, and throws std::runtime_error with SQLite's words if the database
/// fails. Thread safety: none, its owner guards it.
class History {
 public:
  /// Opens the file, or makes it.
  explicit History(const std::string& file);

  struct Added {
    std::vector<std::uint64_t> seqs;  ///< of each saying, also if it was there already
    std::vector<ChatLine> lines;      ///< those that are new, as they stand there
  };
  /// Writes lines down, all of them or none.
  Added add(const std::string& room, const std::string& name, const std::string& sender,
            const std::vector<Saying>& sayings);

  /// The last `count` lines of a room.
  Past last(const std::string& room, std::size_t count);
  /// The first `count` lines behind `seq`; if that is of another history, of all.
  Past since(const std::string& room, std::uint64_t seq, std::size_t count);

  /// Made with the file.
  std::string epoch();

  /// Has the file been deleted, or moved, since it was opened? What is written then can be read
  /// until the program ends, and is lost with it. Looks at the folder each time, and never blocks
  /// on another program.
  bool is_gone() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  // Waits for another program that has the file locked; but when one call has waited in vain, the
  // next ones do not wait: they come one behind the other, and would add up.
  template <typename Call>
  auto patiently(const Call& call);
  ChatLine write_down(const std::string& room, const std::string& name, const std::string& sender,
                      const Saying& saying);
  std::uint64_t find(const std::string& room, const std::string& sender, const std::string& id);
  std::uint64_t number(const char* sql);

  std::unique_ptr<sqlite3, Close> database_;
  TimePoint impatient_until_{};
};

}  // namespace triloop
