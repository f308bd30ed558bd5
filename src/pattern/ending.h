/// How a connection ends: in two ways, with two latches for everybody (one fires when an ending
/// begins, one when it is over), and a third between the reader and the writer.
#pragma once

#include <optional>

#include "net/patience.h"
#include "observe/frame_queue.h"
#include "observe/watched_latch.h"
#include "triloop/sync.h"

namespace triloop {

/// The ending of one connection. Any thread may begin it, and none waits for another: whoever ends
/// tells the two queues, the socket and the latches, and each thread finds its own end by them.
///
/// A *drain* finishes what was queued, an *abort* is the end at once. The states in their order:
///
///     state       begun()  over()  what still happens
///     open                         all
///     draining    fired            what is in the in-queue is processed, every reply is sent
///     goodbye     fired            our Close, the peer's last word, FIN, the rest of its stream
///     over        fired    fired   nothing: every wait returns
///
/// A drain takes them all. An abort goes to the last from wherever it is.
///
/// Thread safety: any thread may call anything, but patience(): once the drain has begun, which
/// begins it, that is the writer's.
class Ending {
 public:
  /// All must outlive it.
  Ending(FrameQueue& in_queue, FrameQueue& out_queue, Socket& socket, Observer& observer);

  /// A drain begins, for this reason. Changes nothing if an ending has begun. Never blocks.
  void begin_drain(CloseReason reason) noexcept;

  /// It is over: an abort, or the last step of a drain. Never blocks.
  void end_now(const CloseReason& reason) noexcept;

  /// The peer has said its last word: its Close, also behind a violation, or the end of its stream,
  /// at a client always that. `closed`: has its Close come? Once begun() has fired.
  void peer_is_done(bool closed);

  /// The peer's stream has come to its end, and so has ours behind the Close frame. Both, and all
  /// that was sent has been acknowledged: then it is over.
  void all_received() { direction_done(&Ending::received_all_); }
  void all_sent() { direction_done(&Ending::sent_all_); }
  /// Is it over by that? For who looks again, since nobody is told of acknowledgements.
  bool end_if_delivered();

  /// Fired when an ending has begun, with the reason of that: nothing more comes in.
  const Latch& begun() const { return begun_; }
  /// Fired when it is over, with the reason of that: the same, unless a drain was cut short.
  const WatchedLatch& over() const { return over_; }
  /// A third, between the reader and the writer: fired when the peer has said its last word, or
  /// when it is over. The writer's goodbye waits for it. Its code: 1006 if the peer did not close.
  const WatchedLatch& peer_done() const { return peer_done_; }

  /// What the Close frame says; nullopt once end_now() has been called: its reason is for the log,
  /// and not for the peer to read. Once begun() has fired.
  std::optional<CloseReason> farewell() const TRILOOP_EXCLUDES(mutex_);

  /// nullopt before, and for good if the connection was aborted while it was open.
  std::optional<TimePoint> drain_began_at() const TRILOOP_EXCLUDES(mutex_);
  /// How long nothing has moved since then.
  Patience& patience() { return patience_; }

 private:
  void direction_done(bool Ending::*direction) TRILOOP_EXCLUDES(mutex_);

  FrameQueue& in_queue_;
  FrameQueue& out_queue_;
  Socket& socket_;
  WatchedLatch begun_;
  WatchedLatch over_;
  WatchedLatch peer_done_;
  Patience patience_;  // begins in begin_drain(), before begun() fires

  mutable Mutex mutex_;
  std::optional<TimePoint> drain_began_ TRILOOP_GUARDED_BY(mutex_);
  bool ends_now_ TRILOOP_GUARDED_BY(mutex_) = false;      // end_now() has begun
  bool received_all_ TRILOOP_GUARDED_BY(mutex_) = false;  // up to the end of the peer's stream
  bool sent_all_ TRILOOP_GUARDED_BY(mutex_) = false;      // and the end of our own behind it
};

}  // namespace triloop
