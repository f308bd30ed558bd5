// Who does what to whom. The rows are in the order of a drain, but that the peer's last word may be
// what begins it; end_now() does its row from left to right.
//
//                             begun_  over_  in-queue  out-queue  socket       peer_done_
//   begin_drain               fire           close     nudge
//   run_processor, at its end                          close
//   say_goodbye                                                   Close frame
//   reader, the peer's last word                                               fire
//   say_goodbye                                                   FIN
//   end_now                   fire    fire   discard   discard    shutdown     fire
//
// run_processor and the reader do begin_drain first. When both streams have ended (all_sent behind
// our FIN, all_received at the peer's) whoever sees the last of it, reader or writer, does end_now
// by end_if_delivered. close(), Server::stop(), a violation and a processor that returns or throws
// are begin_drain; abort(), a second stop(), a deadline that has passed and what is broken are
// end_now.
#include "pattern/ending.h"

#include <utility>

namespace triloop {

Ending::Ending(FrameQueue& in_queue, FrameQueue& out_queue, Socket& socket, Observer& observer)
    : in_queue_(in_queue),
      out_queue_(out_queue),
      socket_(socket),
      begun_("an ending begins", observer),
      over_("it is over", observer),
      peer_done_("the peer is done", observer),
      patience_(socket) {}

// Drain. Each stage ends because the one before it did: the processor finds the end of the in-queue
// and returns; the writer finds the end of the out-queue and sends the Close frame; the peer
// says its last word, and the writer ends our stream; the reader reads what is left of the peer's.
void Ending::begin_drain(CloseReason reason) noexcept {
  {
    const MutexLock lock(mutex_);
    if (!ends_now_ && !drain_began_) {
      drain_began_ = Clock::now();  // its clocks begin
      patience_.begin();
    }
  }
  begun_.fire(std::move(reason));
  in_queue_.close();
  out_queue_.nudge();  // the writer's deadline has changed
}

// The latches come first: whoever wakes up because of the queues or the socket finds the reason in
// place, and for good; and begun_ before over_: whoever sees that it is over finds why it began. An
// abort's reason is not for the peer. So the writer, which says goodbye with what it finds in
// begun_, is told before all that: farewell(). The latch peer_done_ comes last: it only frees the
// writer in say_goodbye.
void Ending::end_now(const CloseReason& reason) noexcept {
  const auto copy = [&] { return reason_for(reason.by, reason.code, reason.text); };
  {
    const MutexLock lock(mutex_);
    ends_now_ = true;
  }
  begun_.fire(copy());
  over_.fire(copy());
  in_queue_.discard();
  out_queue_.discard();
  socket_.shutdown();
  peer_done_.fire(copy());
}

void Ending::peer_is_done(bool closed) {
  peer_done_.fire({ClosedBy::peer, closed ? close_code::kNoStatus : close_code::kAbnormal, {}});
}

void Ending::direction_done(bool Ending::*direction) {
  {
    const MutexLock lock(mutex_);
    this->*direction = true;
  }
  end_if_delivered();
}

// Before the peer has all that was sent to it the socket must not be closed: the peer's next byte
// would draw a reset, and what the kernel still holds be lost.
bool Ending::end_if_delivered() {
  {
    const MutexLock lock(mutex_);
    if (!received_all_ || !sent_all_) return false;
  }
  if (!socket_.delivery().is_complete()) return false;
  end_now(*begun_.reason());
  return true;
}

// First the reason, then the flag: end_now() sets the flag before it fires begun_ with a reason of
// its own.
std::optional<CloseReason> Ending::farewell() const {
  std::optional<CloseReason> reason = begun_.reason();
  const MutexLock lock(mutex_);
  if (ends_now_) reason.reset();
  return reason;
}

std::optional<TimePoint> Ending::drain_began_at() const {
  const MutexLock lock(mutex_);
  return drain_began_;
}

}  // namespace triloop
