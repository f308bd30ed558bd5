/// One room of the chat, as this server knows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "journal.h"
#include "log_later.h"
#include "presence.h"
#include "slow_members.h"
#include "triloop/group.h"
#include "triloop/handle.h"

namespace triloop {

/// Who is in it, on this server and on others, and up to where each of its own members has been
/// told. A member of this server is *live*: told of everything as it happens; or
/// it is *behind*: what it has not been told yet comes from the journal, until it is live.
///
/// Thread safety: none, its owner guards it. Nothing here blocks: the calls of the group and of
/// connections are those that do not wait.
class Room {
 public:
  /// What one is told that has come: see news_of_room().
  struct Welcome {
    std::string room;  ///< as it is shown
    Past past;
    std::string epoch;
  };

  // -- Who is there, on all servers -------------------------------------------------------------

  /// Somebody has come, or comes again; then whoever was here by this name has to go.
  void came(const Attendee& who, SlowMembers& slow, LogLater& log);
  /// Without `tell` nobody hears of it.
  void went(const std::string& name, bool tell, SlowMembers& slow, LogLater& log);

  // -- This server's members ----------------------------------------------------------------------

  /// From now on what is heard is remembered for a while, for one who is about to sit down; until
  /// its leave().
  void attend() { ++attending_; }
  /// One who has come sits down here: it is welcomed, and live or behind from now on. Nothing but
  /// a Close if another visit has taken its place meanwhile.
  void sit_down(const Attendee& who, const ConnectionHandle& connection, const Welcome& welcome);
  /// The end of what attend() began.
  void leave(const Attendee& who);

  /// What is to become of one who may be behind.
  enum class State {
    kLive,      ///< nothing, it is told of all
    kFull,      ///< there is no room in its queue
    kNeedsMore  ///< what is behind seq_of() has to be read from the journal, and given to it
  };
  /// Tells it what can be told now.
  State go_on(const Attendee& who, SlowMembers& slow, LogLater& log);
  std::uint64_t seq_of(const Attendee& who);
  void give(const Attendee& who, const Past& past);

  // -- What happens in it -------------------------------------------------------------------------

  /// Tells all who are live.
  void hear(const std::vector<ChatLine>& lines, SlowMembers& slow, LogLater& log);
  /// And of who has come and gone, if that is due.
  void tell_if_due(SlowMembers& slow, LogLater& log);

  bool is_empty() const { return members_.empty() && attending_ == 0; }

  /// In a large room those who come and go are told of together, at most so often: of n who come
  /// one behind the other each would be told of n - 1.
  static constexpr std::size_t kLarge = 32;
  static constexpr std::chrono::milliseconds kTogether{100};

 private:
  struct Told {
    std::vector<PreparedMessage> messages;
    std::vector<std::uint64_t> seqs;  // of each; 0 if it is no line
    void add(PreparedMessage message, std::uint64_t seq);
    void drop(std::size_t count);
  };
  struct Member {
    Attendee who;
    ConnectionHandle connection;  // of one on this server, once it has sat down
    bool live = false;
    std::uint64_t seq = 0;     // it is behind: told up to there
    Told next;                 // this comes next
    bool more = false;         // and the journal has more behind that
    bool missed_news = false;  // of who has come and gone
    bool was_slow = false;
  };
  // Live, but not in the group yet: of what is told next it knows some already.
  struct Newcomer {
    Member* member;
    std::size_t from;  // what is untold from there on is news to it
  };

  Member* find(const Attendee& who);
  void stand_up(Member& member);
  State tell_next(Member& member);
  void go_live(Member& member);
  void announce(const std::string& news, SlowMembers& slow, LogLater& log);
  void tell(SlowMembers& slow, LogLater& log);
  void tell_newcomers();
  void falls_behind(const ConnectionHandle& connection, SlowMembers& slow, LogLater& log);
  std::vector<std::string> names(const Attendee& first) const;
  void remember(const PreparedMessage& line, std::uint64_t seq);

  std::map<std::string, Member> members_;  // by identity_of(name)
  std::size_t attending_ = 0;              // on this server
  Group group_;                            // those who are live
  std::vector<Newcomer> newcomers_;        // but for these
  Told untold_;                            // waits to be told to all who are live
  TimePoint told_at_{};                    // something, the last time
  std::uint64_t heard_ = 0;                // the journal has told us up to there
  std::deque<std::pair<PreparedMessage, std::uint64_t>> recent_;  // the last lines of it
  std::uint64_t forgotten_ = 0;  // up to there they are not in `recent_`
};

}  // namespace triloop
