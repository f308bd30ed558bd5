#include "small_connections.h"

#include "scenarios.h"

namespace explore {
namespace {

using triloop::Thread;

// A peer that reads only when all that it had to say has been read.
template <typename Connection>
void ping_behind_a_message() {
  name_this_thread("peer");
  Connection connection;
  const ShownQueue in(connection.in_queue, "in-queue", 1, /*alone=*/false);
  const ShownQueue out(connection.out_queue, "out-queue", 1, /*alone=*/false);
  const Watch lane("lane", 1, [&] {
    return cells_of(connection.out_queue.*inside(QueueInside()), LanesUrgent());
  });
  Thread reader("reader", [&] {
    connection.pass_on("a");
    connection.pass_on("ping");
    connection.in_queue.close();
  });
  const Thread processor("processor", [&] { connection.process_loop(); });
  reader.join();
  remark("has said all, and begins to read");
  for (int i = 0; i < 2; ++i) remark("has got " + *connection.out_queue.pop());
}

// While it ends, the next connection is accepted.
template <typename Served>
void ends_while_another_is_accepted() {
  name_this_thread("accept loop");
  Descriptors kernel;
  name(kernel.mutex, "the kernel");
  kernel.accept("peer-1");
  const Watch owner("descriptor 7", 1, [&] { return kernel.owner; });
  Served served(kernel);
  const ShownQueue out(served.out_queue, "out-queue", 1, /*alone=*/false);
  const Thread reader("reader", [&] { served.serve(); });
  if (kernel.accept("peer-2")) remark("has accepted peer-2 as descriptor 7");
}

// The processor waits for the end, and the writer is asleep, or not yet.
template <typename Ending>
void drain_while_the_processor_waits() {
  name_this_thread("server");
  Ending ending;
  name_latch(ending.begun, "begun's ");
  name_latch(ending.over, "over's ");
  const ShownQueue out(ending.out_queue, "out-queue", 1, /*alone=*/false);
  const Watch begun("begun", 0, [&] { return flag((ending.begun.*inside(LatchFired())).peek()); });
  const Watch over("over", 0, [&] { return flag((ending.over.*inside(LatchFired())).peek()); });
  const Thread writer("writer", [&] { ending.write_loop(); });
  const Thread processor("processor", [&] { ending.process_loop(); });
  ending.begin_drain();
  remark("has begun the drain");
}

}  // namespace

const std::vector<Named>& small_connections() {
  static const std::vector<Named> all = {
      {"a pong through the bound", ping_behind_a_message<PongThroughTheBound>},
      {"a close before the joins", ends_while_another_is_accepted<CloseBeforeJoins>},
      {"a stage that is forgotten", drain_while_the_processor_waits<ForgottenStage>},
      {"pongs past the bound", ping_behind_a_message<Connection>},
      {"joins before the close", ends_while_another_is_accepted<Served>},
      {"all stages are told", drain_while_the_processor_waits<Ending>},
  };
  return all;
}

}  // namespace explore
