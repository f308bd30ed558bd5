// Pushes and pops that wait no longer than they are told to.
#include <chrono>
#include <memory>
#include <string>

#include "support/catch.h"
#include "support/threads.h"
#include "triloop/bounded_queue.h"
#include "triloop/message.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::Worker;

constexpr QueueBounds kOne{1, 1000};

TEST_CASE("pop_until: nothing at the deadline, and what comes later is not lost",
          "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  int item = 7;
  const TimePoint deadline = Clock::now() + milliseconds(5);
  CHECK(queue.pop_until(item, deadline) == PopResult::kNothing);
  CHECK(Clock::now() >= deadline);
  CHECK(item == 7);
  queue.push(8);
  CHECK(queue.pop_until(item, deadline) == PopResult::kItems);  // it is there: no wait, no deadline
  CHECK(item == 8);
}

TEST_CASE("pop_until: a push frees it", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  int item = 0;
  PopResult result = PopResult::kNothing;
  Worker consumer([&] { result = queue.pop_until(item, Clock::now() + testing::kFailSafe); });
  consumer.await_blocked();
  queue.push(9);
  consumer.await_done();
  CHECK(result == PopResult::kItems);
  CHECK(item == 9);
}

TEST_CASE("pop_until: close frees it, and what was queued still comes first", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  int item = 0;
  PopResult result = PopResult::kNothing;
  {
    Worker consumer([&] { result = queue.pop_until(item, Clock::now() + testing::kFailSafe); });
    consumer.await_blocked();
    queue.close();
  }
  CHECK(result == PopResult::kClosed);

  BoundedQueue<int> full(kOne);
  full.push(1);
  full.close();
  CHECK(full.pop_until(item, kNow) == PopResult::kItems);
  CHECK(full.pop_until(item, kNow) == PopResult::kClosed);
}

TEST_CASE("pop_until: makes room for who waits", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  Worker producer([&] { queue.push(2); });
  producer.await_blocked();
  int item = 0;
  CHECK(queue.pop_until(item, kNow) == PopResult::kItems);
  producer.await_done();
}

TEST_CASE("push_until: full at the deadline, and the item is still the caller's",
          "[bounded_queue]") {
  BoundedQueue<std::unique_ptr<int>> queue(kOne);
  queue.push(std::make_unique<int>(1));
  auto item = std::make_unique<int>(2);
  const TimePoint deadline = Clock::now() + milliseconds(5);
  CHECK(queue.push_until(item, deadline) == PushResult::kFull);
  CHECK(Clock::now() >= deadline);
  REQUIRE(item != nullptr);
  queue.pop();
  CHECK(queue.push_until(item, kNow) == PushResult::kPushed);
  CHECK(item == nullptr);
}

TEST_CASE("push_until: a pop frees it, close refuses it", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  int item = 2;
  PushResult result = PushResult::kFull;
  {
    Worker producer([&] { result = queue.push_until(item, Clock::now() + testing::kFailSafe); });
    producer.await_blocked();
    queue.pop();
  }
  CHECK(result == PushResult::kPushed);
  {
    Worker producer([&] { result = queue.push_until(item, Clock::now() + testing::kFailSafe); });
    producer.await_blocked();
    queue.close();
  }
  CHECK(result == PushResult::kClosed);
}

TEST_CASE("push_until: wakes who waits for an item", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::optional<int> got;
  Worker consumer([&] { got = queue.pop(); });
  consumer.await_blocked();
  int item = 3;
  CHECK(queue.push_until(item, kNow) == PushResult::kPushed);
  consumer.await_done();
  CHECK(got == 3);
}

TEST_CASE("kNow does not wait, whatever the queue is like", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  int item = 1;
  CHECK(queue.pop_until(item, kNow) == PopResult::kNothing);
  CHECK(queue.push_until(item, kNow) == PushResult::kPushed);
  CHECK(queue.push_until(item, kNow) == PushResult::kFull);
  queue.close();
  CHECK(queue.push_until(item, kNow) == PushResult::kClosed);
}

}  // namespace
}  // namespace triloop
