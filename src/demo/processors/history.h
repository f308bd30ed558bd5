/// What was said in the chat, in an SQLite database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "triloop/sync.h"

struct sqlite3;

namespace triloop {

/// One line that somebody said.
struct ChatLine {
  std::string name, text;
  std::string time;  ///< "2026-11-23T18:00:00Z"
};

/// The lines of all rooms. They survive the program; the oldest go when there are too many.
///
/// Every call waits for the disk, and throws std::runtime_error with SQLite's words if the database
/// fails. Thread safety: none, its owner guards it.
class History {
 public:
  /// Opens the file, or makes it.
  explicit History(const std::string& file);

  /// Writes lines down, all of them or none, and returns them as they stand there.
  std::vector<ChatLine> add(const std::string& room, const std::string& name,
                            const std::vector<std::string>& texts);

  /// The last `count` lines of a room, the oldest first.
  std::vector<ChatLine> last(const std::string& room, int count);

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
  ChatLine write_down(const std::string& room, const std::string& name, const std::string& text);

  std::unique_ptr<sqlite3, Close> database_;
  TimePoint impatient_until_{};
};

}  // namespace triloop
