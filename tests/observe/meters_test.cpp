#include "observe/meters.h"

#include "support/catch.h"
#include "support/threads.h"
#include "triloop/bounded_queue.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Lets time pass. What is measured is that it did, not how much.
void pass_time() {
  const TimePoint until = Clock::now() + milliseconds(2);
  while (Clock::now() < until) {
  }
}

TEST_CASE("a wait meter adds up what all have waited, also while they do", "[meters]") {
  WaitMeter meter;
  CHECK(meter.waited() == nanoseconds(0));
  meter.begin();
  pass_time();
  const nanoseconds alone = meter.waited();
  CHECK(alone >= milliseconds(2));
  meter.begin();
  CHECK(meter.waiting() == 2);
  pass_time();
  CHECK(meter.waited() - alone >= milliseconds(4));
  meter.end();
  meter.end();
  CHECK(meter.waiting() == 0);
  const nanoseconds all = meter.waited();
  pass_time();
  CHECK(meter.waited() == all);
}

TEST_CASE("a stopwatch runs from start to stop, and adds up", "[meters]") {
  Stopwatch watch;
  CHECK_FALSE(watch.runs());
  CHECK(watch.total() == nanoseconds(0));
  watch.start();
  CHECK(watch.runs());
  pass_time();
  CHECK(watch.total() >= milliseconds(2));
  watch.stop();
  const nanoseconds first = watch.total();
  CHECK_FALSE(watch.runs());
  pass_time();
  CHECK(watch.total() == first);
  {
    const Stopwatch::Running again(watch);
    pass_time();
  }
  CHECK(watch.total() >= first + milliseconds(2));
}

TEST_CASE("a thread's place is the order in which its loop ended", "[meters]") {
  ThreadMeter one, two;
  Gauge<int> ended;
  {
    const ThreadMeter::Presence first(one, ended);
    { const ThreadMeter::Presence second(two, ended); }
    CHECK(one.ended_as.get() == 0);
    CHECK(one.life.runs());
  }
  CHECK(two.ended_as.get() == 1);
  CHECK(one.ended_as.get() == 2);
}

TEST_CASE("a queue tells what is in it, who waits for it, and how long they have", "[meters]") {
  BoundedQueue<int> queue({1, 1000});
  queue.push(1);
  {
    testing::Worker producer([&] { queue.push(2); });
    producer.await_blocked();
    const QueueSnapshot full = queue.snapshot();
    CHECK(full.items == 1);
    CHECK(full.bounds.items == 1);
    CHECK(full.waiting_for_room == 1);
    CHECK(full.waiting_for_items == 0);
    CHECK(full.waited_for_room.count() > 0);
    queue.pop();
    producer.await_done();
  }
  queue.pop();
  {
    testing::Worker consumer([&] { queue.pop(); });
    consumer.await_blocked();
    const QueueSnapshot empty = queue.snapshot();
    CHECK(empty.items == 0);
    CHECK(empty.waiting_for_items == 1);
    CHECK(empty.waiting_for_room == 0);
    CHECK(empty.waited_for_items.count() > 0);
    queue.close();
  }
  CHECK(queue.snapshot().waiting_for_items == 0);
}

}  // namespace
}  // namespace triloop
