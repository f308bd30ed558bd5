// The queue that ships.
#include "level_parts.h"
#include "parts_levels.h"

namespace explore {

void ships_closed() {
  name_this_thread("producer");
  Queue queue({1, 100});
  const ShownQueue shown(queue, "queue", 1, /*alone=*/true);
  const Watch closed("closed", 0, [&queue] { return flag(queue.*inside(QueueClosed())); });
  const auto consume = [&] { require(!queue.pop(), "an item that nobody pushed"); };
  const triloop::Thread a("consumer 1", consume);
  const triloop::Thread b("consumer 2", consume);
  queue.close();
  remark("has closed the queue");
}

}  // namespace explore
