/// What was said in the chat: where it is kept, and how those in the rooms get to hear it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace triloop {

/// One line that somebody said, as it is kept.
struct ChatLine {
  std::uint64_t seq = 0;  ///< its place in its room's one order; it rises, with holes
  std::string id;         ///< that the sender gave it; may be empty
  std::string name, text;
  std::string time;  ///< "2026-11-23T18:00:00Z"
};

/// One line that is to be kept.
struct Saying {
  std::string text;
  /// Of one sender's two with the same id the second is the first: it is not kept again. Empty: it
  /// is kept, whatever was kept before.
  std::string id{};
  /// Its sender has said it before, perhaps long ago, when it had heard all up to this `seq`; 0 if
  /// it does not know.
  std::optional<std::uint64_t> again{};
};

/// Part of a room's past.
struct Past {
  std::vector<ChatLine> lines;  ///< the oldest first
  std::uint64_t seq = 0;        ///< up to there it is all there is
  bool more = false;            ///< and there is more behind it
  bool gap = false;             ///< something that was asked for is not kept any more
  std::uint64_t heard = 0;      ///< whoever follows has heard all up to there
};

/// What became of a line.
struct Kept {
  std::uint64_t seq = 0;  ///< 0: it is not known to be kept
  std::string because{};  ///< why it is not
  bool may_work = true;   ///< saying it again may help
};

/// It cannot be reached now. What was asked for may be asked for again.
class JournalAway : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The lines of all rooms, each room in one order. Rooms are named by what identity_of() makes of
/// their names.
///
/// Every call waits for the disk, or for other machines: it is for processor threads. Bounded: the
/// implementation says by what. Thread safety: any thread may call anything.
class Journal {
 public:
  /// What hears the lines of all rooms, one call at a time, each room's in its order and each line
  /// once. It must not block, throw, or call the journal.
  using Hear = std::function<void(const std::string& room, const std::vector<ChatLine>& lines)>;

  Journal() = default;
  virtual ~Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// From now on `hear` is told. Once, before anything is appended.
  virtual void follow(Hear hear) = 0;

  /// Keeps lines, and returns what became of each; whoever follows hears those that were kept, if
  /// not yet, then soon. `sender` tells apart those whose ids are the same.
  virtual std::vector<Kept> append(const std::string& room, const std::string& name,
                                   const std::string& sender,
                                   const std::vector<Saying>& sayings) = 0;

  /// The last `count` lines of a room. Throws JournalAway.
  virtual Past last(const std::string& room, std::size_t count) = 0;

  /// The first `count` lines behind `seq`. Throws JournalAway.
  virtual Past since(const std::string& room, std::uint64_t seq, std::size_t count) = 0;

  /// Which history this is: sequences of another one mean nothing here.
  virtual std::string epoch() = 0;
};

}  // namespace triloop
