/// Everybody's rooms.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal.h"
#include "log_later.h"
#include "presence.h"
#include "room.h"
#include "slow_members.h"
#include "triloop/handle.h"
#include "triloop/sync.h"

namespace triloop {

/// One who wants to come in.
struct Arrival {
  std::string room, name;  ///< chat_name() has let them in: they may stand in a log
  ConnectionHandle connection;
  std::string token{};  ///< from an earlier welcome; may be none
  std::optional<std::uint64_t>
      since{};          ///< the last that it was told; without it the last 50 lines
  std::string epoch{};  ///< of which history; may be empty
};

/// A room is there while somebody is in it, here or on another server; its history stays.
///
/// No call waits for a member to read, so a slow one holds nobody up; what becomes of it is counted
/// and logged. join(), say(), catch_up() and leave() wait for the journal and the presence, for as
/// long as those say, and throw what those throw.
///
/// Thread safety: any thread may call anything.
class Rooms {
 public:
  Rooms(std::unique_ptr<Journal> journal, std::unique_ptr<Presence> presence,
        SlowMember slow_member);
  ~Rooms();
  Rooms(const Rooms&) = delete;
  Rooms& operator=(const Rooms&) = delete;

  /// The new member gets a welcome, the others hear of it. If the room has one of this name,
  /// whoever brings that one's token comes in its place: the earlier connection is closed, and
  /// nobody else hears of it. nullopt if it is another token, or none. What is returned is for the
  /// calls below, the last of which is leave().
  std::optional<Attendee> join(const Arrival& arrival) TRILOOP_EXCLUDES(mutex_);
  /// Keeps some lines, and all in the room are told, also whoever said them. Several at once cost
  /// each member as much as one; and the disk, but not the engine.
  std::vector<Kept> say(const Attendee& who, const std::vector<Saying>& sayings);
  /// Tells a member what it has not been told yet, as far as there is room; and all in the room who
  /// has come and gone, if that is due. For its own processor to call from time to time: nobody
  /// else does. Reads the journal once at most, for others may say more than that meanwhile: after
  /// kNeedsMore it is to be called again, when what came from the member has been heard.
  Room::State catch_up(const Attendee& who) TRILOOP_EXCLUDES(mutex_);
  /// The others hear of it; not those on this server if all on it go, for of n each would be told
  /// of n - 1. Nothing if another connection has come in its place.
  void leave(const Attendee& who, bool all_go) TRILOOP_EXCLUDES(mutex_);

  /// How often a member fell behind, and members that were disconnected.
  std::uint64_t fallen_behind() const { return slow_members_.fallen_behind(); }
  std::uint64_t disconnected() const { return slow_members_.disconnected(); }

 private:
  void came(const Attendee& who) TRILOOP_EXCLUDES(mutex_);
  void went(const std::string& room, const std::string& name) TRILOOP_EXCLUDES(mutex_);
  void hear(const std::string& room, const std::vector<ChatLine>& lines) TRILOOP_EXCLUDES(mutex_);
  void attend(const std::string& room) TRILOOP_EXCLUDES(mutex_);
  Room::Welcome welcome_for(const Arrival& arrival, const Attendee& who);
  Room* find(const std::string& room) TRILOOP_REQUIRES(mutex_);
  void forget_if_empty(const std::string& room) TRILOOP_REQUIRES(mutex_);

  // One for all rooms. Held for some queues' locks at most: whoever waits for the journal or the
  // presence does not hold it. Those two call us, each with one call at a time: the local ones
  // under locks of their own.
  Mutex mutex_;
  SlowMembers slow_members_;  // changed under mutex_; its counts may be asked for without
  std::map<std::string, Room> rooms_ TRILOOP_GUARDED_BY(mutex_);  // by identity_of(name)
  bool all_go_ TRILOOP_GUARDED_BY(mutex_) = false;
  // Last: they go first, and with them whoever calls us.
  const std::unique_ptr<Journal> journal_;
  const std::unique_ptr<Presence> presence_;
};

}  // namespace triloop
