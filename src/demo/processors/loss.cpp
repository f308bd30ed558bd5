#include "loss.h"

#include <new>

#include "glance.h"

namespace triloop {
namespace {

// Without memory a reason may not be had either.
bool may_look_whole(const Connection& connection) noexcept {
  try {
    return !is_told_of_a_loss(connection);
  } catch (const std::bad_alloc&) {
    return true;
  }
}

}  // namespace

// Does the peer get to know, by the code of its Close frame, that something is missing? The first
// reason of an ending stays, whatever becomes of the rest: a Close of the peer's is answered with
// its own code, and an upstream server that was done is told as 1000.
bool is_told_of_a_loss(const Connection& connection) {
  const auto reason = connection.ending().reason();
  return reason && reason->by != ClosedBy::peer && reason->code != close_code::kNormal;
}

// So an end without a Close frame, 1006, has to tell it, once the out-queue is sent.
void tell_of_a_loss(Connection& connection) {
  if (is_told_of_a_loss(connection)) return;
  const auto is_all_sent = [&] {
    const QueueSnapshot now = connection.snapshot().out_queue;
    return now.items == 0 && now.waiting_for_items > 0;
  };
  while (!is_all_sent()) {
    if (connection.over().wait_until(Clock::now() + kGlance)) return;
  }
  connection.abort("not all could be delivered");
}

void end_with_a_loss(Connection& connection) {
  connection.close(close_code::kInternalError);  // if no ending has begun, none begins as 1000
  if (may_look_whole(connection)) connection.abort();
}

}  // namespace triloop
