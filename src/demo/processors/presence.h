/// Who is in the chat's rooms, on this machine and on others.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace triloop {

/// One who is in a room.
struct Attendee {
  std::string room;   ///< identity_of() its name
  std::string name;   ///< as it is shown; told apart by identity_of()
  std::string token;  ///< whoever brings it is the same person
  std::string visit;  ///< this time: another one for each connection
};

/// Names, each of them once in a room.
///
/// Calls may wait for other machines, and are for processor threads. Thread safety: any thread may
/// call anything.
class Presence {
 public:
  /// What is told of all who come and go, one call at a time, in one order. Neither may block,
  /// throw, or call the presence.
  struct Hear {
    /// This one has come; or comes again, in the place of one of the same name.
    std::function<void(const Attendee& who)> came;
    std::function<void(const std::string& room, const std::string& name)> went;
  };

  Presence() = default;
  virtual ~Presence() = default;
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  /// From now on `hear` is told. Once, before anybody enters.
  virtual void follow(Hear hear) = 0;

  /// False if another one is there who has the name and not the token. When it returns true,
  /// `came` has been called. Throws JournalAway.
  virtual bool enter(const Attendee& who) = 0;

  /// This visit is over. Nothing if another visit has taken its place. `went` is called now, or
  /// when it can be known.
  virtual void leave(const Attendee& who) = 0;
};

}  // namespace triloop
