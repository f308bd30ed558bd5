// The queue's urgent lane as it ships, or with a mistake: a flood of pongs, and one reply before
// them.
#include "level_parts.h"
#include "parts_levels.h"

#ifndef TRILOOP_LEVEL
#define TRILOOP_LEVEL ships_lane
#endif

namespace explore {

void TRILOOP_LEVEL() {
  name_this_thread("processor");
  Queue queue({1, 100});
  const ShownQueue shown(queue, "out-queue", 1, /*alone=*/true);
  const Watch lane("lane", 3,
                   [&queue] { return cells_of(queue.*inside(QueueInside()), LanesUrgent()); });
  queue.push("reply");
  remark("has pushed the reply");
  const triloop::Thread reader("reader", [&] {
    for (const char* pong : {"pong-1", "pong-2", "pong-3"}) queue.push_urgent(pong);
  });
  const triloop::Thread writer("writer", [&] {
    bool replied = false;
    for (int sent = 1; sent <= 2; ++sent) {
      const auto item = queue.pop();
      remark("sends " + *item);
      replied = replied || *item == "reply";
      require(replied || sent < 2, "a flood of pongs holds the reply up");
    }
  });
}

}  // namespace explore
