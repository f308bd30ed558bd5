/// The rooms of the chat: who is in them, and who hears what.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "processors/history.h"
#include "triloop/handle.h"

namespace triloop {

/// What happens to a member whose out-queue is full when there is something to hear.
enum class SlowMember {
  kSkip,        ///< it misses that, and is told how much it missed when there is room again
  kDisconnect,  ///< it is closed with 1008
};

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

  /// The new member gets the history, the others hear of it. False if the room has one of this
  /// name.
  bool join(const std::string& room, const std::string& name, const ConnectionHandle& connection)
      TRILOOP_EXCLUDES(mutex_);
  /// Writes it down, and tells all in the room, also whoever said it.
  void say(const std::string& room, const std::string& name, const std::string& text)
      TRILOOP_EXCLUDES(mutex_);
  void leave(const std::string& room, const std::string& name) TRILOOP_EXCLUDES(mutex_);

  /// News that slow members missed, and slow members that were disconnected.
  std::uint64_t skipped() const { return skipped_.get(); }
  std::uint64_t disconnected() const { return disconnected_.get(); }

 private:
  struct Member {
    ConnectionHandle connection;
    int missed = 0;         // since it was last told how much
    int missed_in_all = 0;  // since it came
  };
  using Room = std::map<std::string, Member>;  // by name

  void tell(Room& room, const std::string& news) TRILOOP_REQUIRES(mutex_);
  void put_up_with(Member& slow) TRILOOP_REQUIRES(mutex_);

  const SlowMember slow_member_;
  Gauge<std::uint64_t> skipped_, disconnected_;

  // One for the members and the history, so that all hear everything in the same order, and whoever
  // joins misses nothing between the history and the first line. SQLite writes one line at a time
  // anyway.
  Mutex mutex_;
  std::map<std::string, Room> rooms_ TRILOOP_GUARDED_BY(mutex_);
  History history_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
