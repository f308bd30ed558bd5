// Pings, and how long their pongs took. Each has a number, which the pong brings back.
#include <string>

#include "triloop/connection.h"

namespace triloop {

void Connection::ping() { out_queue_.push_urgent(next_ping()); }

Frame Connection::next_ping() {
  const MutexLock lock(mutex_);
  pinged_at_ = Clock::now();
  return {Opcode::ping, std::to_string(++pings_)};
}

// A pong to an older ping tells nothing: its time has been overwritten. Nor does one that nobody
// asked for (RFC 6455 section 5.5.3).
void Connection::take_pong(const std::string& payload) {
  const MutexLock lock(mutex_);
  if (pings_ > 0 && payload == std::to_string(pings_)) round_trip_ = Clock::now() - pinged_at_;
}

std::optional<std::chrono::nanoseconds> Connection::round_trip() const {
  const MutexLock lock(mutex_);
  return round_trip_;
}

}  // namespace triloop
