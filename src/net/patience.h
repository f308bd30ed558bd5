/// How long one may wait for a peer, as long as something moves.
#pragma once

#include <chrono>

#include "net/socket.h"
#include "triloop/sync.h"

namespace triloop {

/// A clock that begins anew whenever something moves: when the kernel takes bytes, and when the
/// peer acknowledges some. So a peer may be as slow as it likes, but may not stand still.
///
/// Nobody is told of an acknowledgement: it is seen by who looks. It counts from that look, later
/// than it was, never earlier. One thread.
class Patience {
 public:
  /// The clock begins.
  explicit Patience(const Socket& socket) : socket_(socket) { begin(); }

  /// It begins anew.
  void begin() { begin(socket_.delivery()); }

  /// Looks. False once nothing has moved for the whole of `timeout`. The clock is read before the
  /// look, which so covers all of that time.
  bool lasts(std::chrono::milliseconds timeout) {
    const TimePoint now = Clock::now();
    const Delivery delivery = socket_.delivery();
    if (delivery.sent > seen_.sent || delivery.acknowledged > seen_.acknowledged) {
      begin(delivery);
      return true;
    }
    seen_ = delivery;  // it may be broken by now
    return now < since_ + timeout;
  }

  /// What the last look saw.
  const Delivery& seen() const { return seen_; }

  /// When it is over, unless something moves.
  TimePoint end(std::chrono::milliseconds timeout) const { return since_ + timeout; }

 private:
  void begin(const Delivery& delivery) {
    seen_ = delivery;
    since_ = Clock::now();
  }

  const Socket& socket_;
  Delivery seen_;
  TimePoint since_;  // when something last moved
};

}  // namespace triloop
