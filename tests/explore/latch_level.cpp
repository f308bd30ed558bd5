// The latch that ships, or one with a mistake: the same reason for the peer and for the log.
#include "level_parts.h"
#include "parts_levels.h"

#ifndef TRILOOP_LEVEL
#define TRILOOP_LEVEL ships_latch
#endif

namespace explore {

void TRILOOP_LEVEL() {
  using triloop::ClosedBy;
  name_this_thread("writer");
  Latch latch;
  name_latch(latch, "");
  const Watch reason("reason", 1, [&latch] {
    const auto& why = latch.*inside(LatchReason());
    return why ? std::to_string(why->code) : "";
  });
  const Watch fired("fired", 0, [&latch] { return flag((latch.*inside(LatchFired())).peek()); });
  int told = 0, logged = 0;
  {
    const triloop::Thread reader("reader", [&] { latch.fire({ClosedBy::peer, 1000, ""}); });
    const triloop::Thread processor("processor", [&] {
      latch.fire({ClosedBy::processor, 1011, ""});
    });
    latch.wait();
    told = latch.reason()->code;
    remark("sends Close " + std::to_string(told));
  }
  logged = latch.reason()->code;
  remark("logs " + std::to_string(logged));
  require(told == logged, "the peer is told one reason, and the log another");
}

}  // namespace explore
