/// Many connections that are told the same.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "triloop/export.h"
#include "triloop/handle.h"
#include "triloop/prepared_message.h"
#include "triloop/sync.h"

namespace triloop {

/// What becomes of a member whose out-queue is full: it reads more slowly than others talk.
struct Overflow {
  /// The three there are.
  enum class Kind {
    kSkip,        ///< it misses what finds no room
    kDisconnect,  ///< it gets Close with 1008, and is no member any more
    kWait,        ///< publish() waits for room; what finds none in time is missed
  };

  static Overflow skip() { return {Kind::kSkip, {}}; }              ///< it misses that
  static Overflow disconnect() { return {Kind::kDisconnect, {}}; }  ///< it has to go
  /// publish() waits for all such members together for at most so long.
  static Overflow wait(std::chrono::milliseconds timeout) { return {Kind::kWait, timeout}; }

  Kind kind = Kind::kSkip;              ///< which of them
  std::chrono::milliseconds timeout{};  ///< of kWait
};

/// What became of one publish().
struct Published {
  std::size_t queued = 0;                       ///< messages, each counted for each member
  std::size_t skipped = 0;                      ///< likewise, of those that found no room
  std::vector<ConnectionHandle> began_to_miss;  ///< members that had missed nothing before
  std::vector<ConnectionHandle> disconnected;   ///< members that had to go
};

/// Connections that join and leave, and are told what is published. No connection is kept by it:
/// one that is over is forgotten with the next publish() or, at the latest when as many again have
/// come, with a join().
///
/// All members hear all publishers in one order; but one that is waited for (Overflow::wait) may
/// hear another publisher's messages in between. Each publisher's own stay in order even there.
///
/// A message is encoded once, and what is published together costs each member one lock and one
/// wake: a processor that finds several messages waiting does well to publish them in one call.
///
/// Thread safety: any thread may call anything. No lock is held while a member is waited for. Under
/// its lock those of the members' queues are taken, one at a time; they call nobody.
class Group {
 public:
  /// Does a member want to hear this? Called under the lock: must not block, nor call the group.
  using Filter = std::function<bool(const PreparedMessage&)>;
  /// What a member is told that has missed so many messages, before it hears of anything else.
  /// Called under the lock, likewise.
  using Notice = std::function<Message(std::uint64_t missed)>;

  /// Without a notice nobody is told what it has missed.
  TRILOOP_EXPORT explicit Group(Notice notice = {});
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// From now on it hears what is published, if it `wants` it; without a filter it wants all. Who
  /// is a member already has that filter from now on. Never blocks for a member.
  TRILOOP_EXPORT void join(const ConnectionHandle& member, Filter wants = {})
      TRILOOP_EXCLUDES(mutex_);
  /// From now on it hears nothing more, but what is in its queue. Returns how many messages it has
  /// missed since it came. Nothing, and 0, if it is no member.
  TRILOOP_EXPORT std::uint64_t leave(const ConnectionHandle& member) TRILOOP_EXCLUDES(mutex_);

  /// Queues a message for each member. Blocks with Overflow::wait alone.
  TRILOOP_EXPORT Published publish(const PreparedMessage& message, Overflow overflow = {});
  /// Several, in their order.
  TRILOOP_EXPORT Published publish(const std::vector<PreparedMessage>& messages,
                                   Overflow overflow = {}) TRILOOP_EXCLUDES(mutex_);

  /// The same for one member alone. Nothing if it is none.
  TRILOOP_EXPORT Published publish_to(const ConnectionHandle& member,
                                      const std::vector<PreparedMessage>& messages,
                                      Overflow overflow = {}) TRILOOP_EXCLUDES(mutex_);

  /// Gives a member its notice, if it has missed something and if there is room by now. Never
  /// blocks. For its own processor to call from time to time: nobody else may ever publish again.
  TRILOOP_EXPORT void catch_up(const ConnectionHandle& member) TRILOOP_EXCLUDES(mutex_);

  /// How many members there are; some of them may be over.
  TRILOOP_EXPORT std::size_t size() const TRILOOP_EXCLUDES(mutex_);

 private:
  struct Member {
    ConnectionHandle connection;
    Filter wants;
    std::uint64_t missed = 0;         // that it has not been told of
    std::uint64_t missed_in_all = 0;  // since it came
  };
  // One who is waited for: the messages that are left, perhaps behind a notice.
  struct Waiting {
    ConnectionHandle connection;
    std::vector<PreparedMessage> messages;
    std::uint64_t noticed = 0;  // what the notice tells of; 0: there is none
  };
  struct Pass;

  Member* find(const ConnectionHandle& member) TRILOOP_REQUIRES(mutex_);
  void erase(const Member* member) TRILOOP_REQUIRES(mutex_);
  template <typename Stays>
  void keep_those(Stays stays) TRILOOP_REQUIRES(mutex_);
  bool tell(Member& member, Pass& pass) TRILOOP_REQUIRES(mutex_);
  void wait_for_the_slow(Pass& pass) TRILOOP_EXCLUDES(mutex_);
  void wait_for(Waiting& slow, TimePoint deadline, Published& published) TRILOOP_EXCLUDES(mutex_);
  static void miss(Member& member, std::uint64_t count, Published& published);

  const Notice notice_;
  mutable Mutex mutex_;
  std::vector<Member> members_ TRILOOP_GUARDED_BY(mutex_);  // as they have come
  std::size_t forget_at_ TRILOOP_GUARDED_BY(mutex_) = 16;   // so many, those that are over
};

}  // namespace triloop
