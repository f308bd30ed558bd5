/// The rooms of the chat: who is in them, and who hears what.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "history.h"
#include "log_later.h"
#include "slow_members.h"
#include "triloop/group.h"
#include "triloop/handle.h"

namespace triloop {

/// Everybody's rooms. A room is there while somebody is in it; its history stays.
///
/// No call waits for a member to read, so a slow one holds nobody up; what becomes of it is counted
/// and logged. say() and join() wait for the disk, and throw std::runtime_error if the database
/// fails.
///
/// Thread safety: any thread may call anything.
class Rooms {
 public:
  /// Opens the database `file`.
  Rooms(const std::string& file, SlowMember slow_member);

  /// The new member gets the history and a token, the others hear of it. If the room has one of
  /// this name, whoever brings that one's token comes in its place: the earlier connection is
  /// closed, and nobody else hears of it. False if it is another token, or none.
  bool join(const std::string& room, const std::string& name, const ConnectionHandle& connection,
            const std::string& token = {}) TRILOOP_EXCLUDES(mutex_);
  /// Writes some lines down, and tells all in the room, also whoever said them. Several at once
  /// cost the disk and each member as much as one.
  void say(const std::string& room, const std::string& name, const std::vector<std::string>& texts)
      TRILOOP_EXCLUDES(mutex_);
  /// Tells a member how much it has missed, if it has, and if there is room again; and all in the
  /// room who has come and gone, if that is due. For its own processor to call from time to time:
  /// nobody else may ever have something to say to it.
  void catch_up(const std::string& room, const ConnectionHandle& connection)
      TRILOOP_EXCLUDES(mutex_);
  /// The others hear of it; not if all go at once, for of n each would be told of n - 1. Nothing
  /// if another connection has come in its place.
  void leave(const std::string& room, const std::string& name, const ConnectionHandle& connection,
             bool all_go) TRILOOP_EXCLUDES(mutex_);

  /// In a large room those who come and go are told of together, at most so often: of n who come
  /// one behind the other each would be told of n - 1.
  static constexpr std::size_t kLargeRoom = 32;
  static constexpr std::chrono::milliseconds kTogether{100};

  /// News that slow members missed, and slow members that were disconnected.
  std::uint64_t skipped() const { return slow_members_.skipped(); }
  std::uint64_t disconnected() const { return slow_members_.disconnected(); }

 private:
  struct Member {
    ConnectionHandle connection;
    std::string name;   // chat_name() has let it in: it may stand in a log
    std::string token;  // whoever brings it is the same person
  };
  struct Newcomer {
    ConnectionHandle connection;
    std::size_t from;  // what is untold from there on is news to it
  };
  struct Room {
    Room();
    void take_in(const ConnectionHandle& connection);
    std::uint64_t take_out(const ConnectionHandle& connection);

    std::map<std::string, Member> members;  // by identity_of(name), as rooms are
    Group group;                            // the same, to be told
    std::vector<PreparedMessage> untold;    // who has come and gone
    std::vector<Newcomer> newcomers;        // not in the group yet
    TimePoint told_at{};                    // something, the last time
  };

  void announce(Room& room, const std::string& news, LogLater& log) TRILOOP_REQUIRES(mutex_);
  void tell_if_due(Room& room, LogLater& log) TRILOOP_REQUIRES(mutex_);
  void tell(Room& room, LogLater& log) TRILOOP_REQUIRES(mutex_);
  void notice_if_history_is_gone(LogLater& log) TRILOOP_REQUIRES(mutex_);

  // One for the members and the history, so that all hear everything in the same order, and whoever
  // joins misses nothing between the history and the first line. SQLite writes one line at a time
  // anyway.
  Mutex mutex_;
  SlowMembers slow_members_;  // changed under mutex_; its counts may be asked for without
  std::map<std::string, Room> rooms_ TRILOOP_GUARDED_BY(mutex_);
  History history_ TRILOOP_GUARDED_BY(mutex_);
  bool knows_that_history_is_gone_ TRILOOP_GUARDED_BY(mutex_) = false;
};

}  // namespace triloop
