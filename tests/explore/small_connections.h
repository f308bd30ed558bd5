// Three mistakes of a whole connection, each cut down to what it needs: few threads and the queue
// and the latch that ship. Beside each stands the right one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "from.h"
#include "level_parts.h"

namespace explore {
namespace {

// The queue and the latch that ship, shown where they are called.
struct FrameQueue : Queue {
  using Queue::Queue;
  bool push(Item item, Where where = here()) {
    const From from(where);
    return Queue::push(std::move(item));
  }
  bool push_urgent(Item item, Where where = here()) {
    const From from(where);
    return Queue::push_urgent(std::move(item));
  }
  std::optional<Item> pop(Where where = here()) {
    const From from(where);
    return Queue::pop();
  }
  triloop::PopResult pop_batch(std::vector<Item>& batch, triloop::QueueBounds most,
                               triloop::TimePoint deadline, Where where = here()) {
    const From from(where);
    return Queue::pop_batch(batch, most, deadline);
  }
  void close(Where where = here()) {
    const From from(where);
    Queue::close();
  }
  void nudge(Where where = here()) {
    const From from(where);
    Queue::nudge();
  }
};
struct WatchedLatch : Latch {
  bool fire(triloop::CloseReason reason, Where where = here()) {
    const From from(where);
    return Latch::fire(std::move(reason));
  }
  bool fired(Where where = here()) const {
    const From from(where);
    return Latch::fired();
  }
  void wait(Where where = here()) const {
    const From from(where);
    Latch::wait();
  }
};

// Descriptors, of which a number that is free is given to the next one.
struct Descriptors {
  static constexpr int kFirst = 7;

  std::optional<int> accept(const char* whose) {
    const MutexLock lock(mutex);
    if (!owner.empty()) return std::nullopt;
    owner = whose;
    return kFirst;
  }

  // A number that is nobody's is an error, and does no harm.
  void send(int /*socket*/, const std::string& frame, Where where = here()) {
    const MutexLock lock(mutex, where);
    remark("sends " + frame + " to " + (owner.empty() ? "nobody" : owner));
    require(owner.empty() || owner == "peer-1", "the goodbye goes to somebody else's peer");
  }

  void close(int /*socket*/, Where where = here()) {
    const MutexLock lock(mutex, where);
    owner.clear();
  }

  Mutex mutex;
  std::string owner;  // of the first number
};

// [pongs past the bound]
struct Connection {
  // The reader, for each frame that comes.
  void pass_on(const std::string& frame) {
    if (frame == "ping") {
      out_queue.push_urgent("pong");
    } else {
      in_queue.push(frame);
    }
  }

  // The processor.
  void process_loop() {
    while (const auto message = in_queue.pop()) out_queue.push("re:" + *message);
  }

  FrameQueue in_queue{{1}}, out_queue{{1}};
};
// [end]

struct PongThroughTheBound : Connection {
  // [a pong through the bound]
  void pass_on(const std::string& frame) {
    if (frame == "ping") {
      out_queue.push("pong");  // it is a message like others
    } else {
      in_queue.push(frame);
    }
  }
  // [end]
};

// [joins before the close]
struct Served {
  explicit Served(Descriptors& all) : kernel(all), socket(Descriptors::kFirst) {}

  // The reader has come to the end of the peer's stream.
  void serve() {
    triloop::Thread writer("writer", [this] { write_loop(); });
    out_queue.push("goodbye");
    out_queue.close();
    writer.join();
    kernel.close(socket);
  }

  // The writer.
  void write_loop() {
    while (const auto frame = out_queue.pop()) kernel.send(socket, *frame);
  }

  Descriptors& kernel;
  const int socket;
  FrameQueue out_queue{{1}};
};
// [end]

struct CloseBeforeJoins : Served {
  using Served::Served;
  // [a close before the joins]
  void serve() {
    triloop::Thread writer("writer", [this] { write_loop(); });
    out_queue.push("goodbye");
    out_queue.close();
    kernel.close(socket);  // nothing more comes in
    writer.join();
  }
  // [end]
};

// [all stages are told]
struct Ending {
  // Any thread. The processor works on, the writer has so much time.
  void begin_drain() {
    begun.fire({});
    out_queue.nudge();
  }

  // The writer.
  void write_loop() {
    for (;;) {
      const auto deadline = begun.fired() ? limit : triloop::kNever;
      std::vector<std::string> batch;
      const auto popped = out_queue.pop_batch(batch, {1}, deadline);
      if (popped == triloop::PopResult::kClosed) return;
      if (begun.fired() && triloop::Clock::now() >= limit) break;
    }
    over.fire({});
  }

  // The processor: the user's code waits until it is over.
  void process_loop() {
    over.wait();
    out_queue.close();
  }

  const triloop::TimePoint limit{std::chrono::seconds(1)};
  WatchedLatch begun, over;
  FrameQueue out_queue{{1}};
};
// [end]

struct ForgottenStage : Ending {
  // [a stage that is forgotten]
  void begin_drain() {
    begun.fire({});  // and whoever waits for something will see it
  }
  // [end]
};

}  // namespace
}  // namespace explore
