#include "triloop/bounded_queue.h"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/threads.h"
#include "triloop/message.h"

namespace triloop {

// Only in this file are strings queued as they are.
template <>
struct BytesOf<std::string> {
  std::size_t operator()(const std::string& item) const { return item.size(); }
};

namespace {

using testing::await;
using testing::Worker;

constexpr QueueBounds kOne{1, 1000};
constexpr QueueBounds kMany{1000, 1000};

TEST_CASE("pop returns items in the order of push", "[bounded_queue]") {
  BoundedQueue<int> queue({3, 1000});
  for (int i = 1; i <= 3; ++i) REQUIRE(queue.push(i));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
}

TEST_CASE("push waits while the queue is full, and pop frees it", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  Worker producer([&] { queue.push(2); });
  producer.await_blocked();
  CHECK_FALSE(producer.is_done());
  CHECK(queue.pop() == 1);
  producer.await_done();
  CHECK(queue.pop() == 2);
}

TEST_CASE("pop waits while the queue is empty, and push frees it", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::optional<int> got;
  Worker consumer([&] { got = queue.pop(); });
  consumer.await_blocked();
  CHECK_FALSE(consumer.is_done());
  queue.push(7);
  consumer.await_done();
  CHECK(got == 7);
}

TEST_CASE("push waits for bytes as well as for items", "[bounded_queue]") {
  BoundedQueue<Message> queue({1000, 10});
  REQUIRE(queue.push(Message::text("123456")));
  Worker producer([&] { queue.push(Message::text("789ab")); });
  producer.await_blocked();
  CHECK_FALSE(producer.is_done());
  CHECK(queue.pop()->data == "123456");
  producer.await_done();
  CHECK(queue.pop()->data == "789ab");
}

TEST_CASE("an item of just the bytes that are left passes", "[bounded_queue]") {
  BoundedQueue<Message> queue({1000, 10});
  REQUIRE(queue.push(Message::text("123456")));
  REQUIRE(queue.push(Message::text("7890")));
}

TEST_CASE("an item larger than the byte bound passes alone", "[bounded_queue]") {
  BoundedQueue<Message> queue({1000, 10});
  REQUIRE(queue.push(Message::text(std::string(100, 'x'))));
  Worker producer([&] { queue.push(Message::text("y")); });
  producer.await_blocked();
  CHECK(queue.pop()->data.size() == 100);
  producer.await_done();
  Worker large([&] { queue.push(Message::text(std::string(100, 'z'))); });
  large.await_blocked();
  CHECK(queue.pop()->data == "y");
  large.await_done();
  CHECK(queue.pop()->data.size() == 100);
}

TEST_CASE("one large item that leaves lets several small ones in", "[bounded_queue]") {
  BoundedQueue<Message> queue({1000, 10});
  queue.push(Message::text(std::string(10, 'x')));
  Worker first([&] { queue.push(Message::text("a")); });
  Worker second([&] { queue.push(Message::text("b")); });
  first.await_blocked();
  second.await_blocked();
  queue.pop();
  first.await_done();
  second.await_done();
}

TEST_CASE("push refuses after close", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  CHECK_FALSE(queue.is_closed());
  queue.close();
  CHECK(queue.is_closed());
  CHECK_FALSE(queue.push(1));
  CHECK_FALSE(queue.push_urgent(1));
}

TEST_CASE("pop returns queued items after close, then nullopt", "[bounded_queue]") {
  BoundedQueue<int> queue({2, 1000});
  queue.push(1);
  queue.push(2);
  queue.close();
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == std::nullopt);
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("close wakes every thread that waits in push", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  bool taken[] = {true, true};
  Worker first([&] { taken[0] = queue.push(2); });
  Worker second([&] { taken[1] = queue.push(3); });
  first.await_blocked();
  second.await_blocked();
  queue.close();
  first.await_done();
  second.await_done();
  CHECK_FALSE(taken[0]);
  CHECK_FALSE(taken[1]);
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("close wakes every thread that waits in pop", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::optional<int> got[] = {1, 1};
  Worker first([&] { got[0] = queue.pop(); });
  Worker second([&] { got[1] = queue.pop(); });
  first.await_blocked();
  second.await_blocked();
  queue.close();
  first.await_done();
  second.await_done();
  CHECK(got[0] == std::nullopt);
  CHECK(got[1] == std::nullopt);
}

TEST_CASE("close may be called any number of times", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  queue.close();
  queue.close();
  CHECK(queue.pop() == 1);
  queue.close();
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("discard throws away what is queued, urgent items too", "[bounded_queue]") {
  BoundedQueue<std::shared_ptr<int>> queue({2, 1000});
  const auto item = std::make_shared<int>(1);
  queue.push(item);
  queue.push_urgent(item);
  CHECK(item.use_count() == 3);
  queue.discard();
  CHECK(item.use_count() == 1);
  CHECK(queue.is_closed());
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("discard frees what is queued when it has let go of the queue", "[bounded_queue]") {
  BoundedQueue<std::shared_ptr<int>> queue(kMany);
  std::optional<Worker> other;
  bool answered = false;
  const auto ask = [&](const int* item) {
    delete item;
    other.emplace([&] { queue.is_closed(); });
    try {
      other->await_done();
      answered = true;
    } catch (const std::exception&) {  // a destructor must not throw
    }
  };
  queue.push(std::shared_ptr<int>(new int(1), ask));
  queue.discard();
  CHECK(answered);
}

TEST_CASE("discard wakes who waits in push", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  bool taken = true;
  Worker producer([&] { taken = queue.push(2); });
  producer.await_blocked();
  queue.discard();
  producer.await_done();
  CHECK_FALSE(taken);
}

TEST_CASE("an urgent item passes a full queue and goes first", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(1);
  CHECK(queue.push_urgent(10));
  CHECK(queue.pop() == 10);
  CHECK(queue.pop() == 1);
}

TEST_CASE("urgent items and others alternate, so that a flood holds nothing up",
          "[bounded_queue]") {
  BoundedQueue<int> queue({10, 1000});
  for (const int item : {1, 2}) queue.push(item);
  for (const int item : {10, 11, 12, 13}) queue.push_urgent(item);
  std::vector<int> order;
  queue.close();
  while (const auto item = queue.pop()) order.push_back(*item);
  CHECK(order == std::vector<int>{10, 1, 11, 2, 12, 13});
}

TEST_CASE("taking an urgent item makes no room in the bound", "[bounded_queue]") {
  BoundedQueue<Message> queue({1, 1000});
  queue.push(Message::text("1"));
  queue.push_urgent(Message::text("urgent"));
  Worker producer([&] { queue.push(Message::text("2")); });
  producer.await_blocked();
  CHECK(queue.pop()->data == "urgent");
  producer.await_blocked();
  CHECK_FALSE(producer.is_done());
  CHECK(queue.pop()->data == "1");
  producer.await_done();
}

TEST_CASE("urgent items do not count as bytes, neither coming nor going", "[bounded_queue]") {
  BoundedQueue<Message> queue({1000, 10});
  queue.push(Message::text("12345"));
  queue.push_urgent(Message::text("urgent"));
  queue.pop();
  queue.push(Message::text("67890"));
  Worker producer([&] { queue.push(Message::text("x")); });
  producer.await_blocked();
  CHECK_FALSE(producer.is_done());
  queue.close();
}

TEST_CASE("of more urgent items than the lane holds the newest stay", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  const int lane = static_cast<int>(BoundedQueue<int>::kUrgentItems);
  for (int i = 0; i < lane + 3; ++i) REQUIRE(queue.push_urgent(i));
  queue.close();
  for (int i = 3; i < lane + 3; ++i) REQUIRE(queue.pop() == i);
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("an urgent item wakes who waits in pop", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::optional<int> got;
  Worker consumer([&] { got = queue.pop(); });
  consumer.await_blocked();
  queue.push_urgent(5);
  consumer.await_done();
  CHECK(got == 5);
}

TEST_CASE("pop_batch gives up at its deadline, not before", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::vector<int> batch;
  const TimePoint deadline = Clock::now() + std::chrono::milliseconds(20);
  CHECK(queue.pop_batch(batch, kMany, deadline) == PopResult::kNothing);
  CHECK(Clock::now() >= deadline);
  CHECK(batch.empty());
}

TEST_CASE("pop_batch takes what is there even if its deadline has passed", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  queue.push(3);
  std::vector<int> batch;
  CHECK(queue.pop_batch(batch, kMany, TimePoint::min()) == PopResult::kItems);
  CHECK(batch == std::vector<int>{3});
}

TEST_CASE("pop_batch drains a closed queue, then says so", "[bounded_queue]") {
  BoundedQueue<int> queue(kMany);
  queue.push(3);
  queue.push(4);
  queue.close();
  std::vector<int> batch{2};
  CHECK(queue.pop_batch(batch, kMany, kNever) == PopResult::kItems);
  CHECK(batch == std::vector<int>{2, 3, 4});
  CHECK(queue.pop_batch(batch, kMany, kNever) == PopResult::kClosed);
}

TEST_CASE("pop_batch takes no more than it is told to, and at least one item", "[bounded_queue]") {
  BoundedQueue<std::string> queue({100, 100});
  for (const char* item : {"aaaa", "bb", "cc", "dd", "e"}) queue.push(item);
  const auto popped = [&queue](QueueBounds most) {
    std::vector<std::string> batch;
    queue.pop_batch(batch, most, kNever);
    return batch;
  };
  CHECK(popped({5, 3}) == std::vector<std::string>{"aaaa"});
  CHECK(popped({5, 4}) == std::vector<std::string>{"bb", "cc"});
  CHECK(popped({1, 100}) == std::vector<std::string>{"dd"});
  CHECK(popped({5, 100}) == std::vector<std::string>{"e"});
}

TEST_CASE("pop_batch frees everyone for whom it has made room", "[bounded_queue]") {
  BoundedQueue<int> queue({3, 1000});
  for (int i = 0; i < 3; ++i) queue.push(i);
  Worker one([&] { queue.push(3); });
  Worker two([&] { queue.push(3); });
  one.await_blocked();
  two.await_blocked();
  std::vector<int> batch;
  queue.pop_batch(batch, {2, 1000}, kNever);
  one.await_done();
  two.await_done();
  queue.pop_batch(batch, kMany, kNever);
  CHECK(batch == std::vector<int>{0, 1, 2, 3, 3});
}

TEST_CASE("pop_batch alternates urgent items and others", "[bounded_queue]") {
  BoundedQueue<int> queue(kMany);
  for (int i = 1; i <= 3; ++i) queue.push(i);
  for (int i = 1; i <= 2; ++i) queue.push_urgent(-i);
  std::vector<int> batch;
  queue.pop_batch(batch, kMany, kNever);
  CHECK(batch == std::vector<int>{-1, 1, -2, 2, 3});
}

TEST_CASE("close frees a pop_batch without a deadline", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  PopResult result = PopResult::kItems;
  Worker consumer([&] {
    std::vector<int> batch;
    result = queue.pop_batch(batch, kMany, kNever);
  });
  consumer.await_blocked();
  queue.close();
  consumer.await_done();
  CHECK(result == PopResult::kClosed);
}

TEST_CASE("nudge brings one pop_batch back with nothing", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  PopResult result = PopResult::kItems;
  std::vector<int> batch;
  Worker consumer([&] { result = queue.pop_batch(batch, kMany, kNever); });
  consumer.await_blocked();
  queue.nudge();
  consumer.await_done();
  CHECK(result == PopResult::kNothing);

  SECTION("a nudge that comes first is kept for the next") {
    queue.nudge();
    CHECK(queue.pop_batch(batch, kMany, kNever) == PopResult::kNothing);
  }
  SECTION("only one") {
    Worker again([&] { result = queue.pop_batch(batch, kMany, kNever); });
    again.await_blocked();
    CHECK_FALSE(again.is_done());
    queue.close();
    again.await_done();
  }
}

TEST_CASE("push_all appends in order and leaves its argument empty", "[bounded_queue]") {
  BoundedQueue<int> queue(kMany);
  std::vector<int> items{1, 2, 3};
  CHECK(queue.push_all(items));
  CHECK(items.empty());
  CHECK(queue.push_all(items));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
}

TEST_CASE("push_all waits for room in the middle, within both bounds", "[bounded_queue]") {
  const QueueBounds bounds = GENERATE(QueueBounds{2, 1000}, QueueBounds{1000, 2});
  BoundedQueue<std::string> queue(bounds);
  std::vector<std::string> items{"a", "b", "c", "d"};
  bool pushed = false;
  Worker producer([&] { pushed = queue.push_all(items); });
  producer.await_blocked();
  CHECK(queue.pop() == "a");
  producer.await_blocked();
  CHECK_FALSE(producer.is_done());
  CHECK(queue.pop() == "b");
  producer.await_done();
  CHECK(pushed);
  CHECK(queue.pop() == "c");
  CHECK(queue.pop() == "d");
}

TEST_CASE("push_all wakes as many as it brings items for", "[bounded_queue]") {
  BoundedQueue<int> queue(kMany);
  Worker one([&] { queue.pop(); });
  Worker two([&] { queue.pop(); });
  one.await_blocked();
  two.await_blocked();
  std::vector<int> items{1, 2};
  queue.push_all(items);
  one.await_done();
  two.await_done();
  CHECK(queue.push(3));
}

TEST_CASE("push_all_until leaves what has found no room in time", "[bounded_queue]") {
  BoundedQueue<int> queue({2, SIZE_MAX});
  std::vector<int> items{1, 2, 3};
  CHECK(queue.push_all_until(items, kNow) == PushResult::kFull);
  CHECK(items == std::vector<int>{3});
  CHECK(queue.push_all_until(items, kNow) == PushResult::kFull);
  CHECK(queue.pop() == 1);
  CHECK(queue.push_all_until(items, kNow) == PushResult::kPushed);
  CHECK(items.empty());
  items = {4};
  queue.close();
  CHECK(queue.push_all_until(items, kNever) == PushResult::kClosed);
  CHECK(items == std::vector<int>{4});
}

TEST_CASE("close frees a push_all that waits, and what it still had is gone", "[bounded_queue]") {
  BoundedQueue<int> queue(kOne);
  std::vector<int> items{1, 2, 3};
  bool pushed = true;
  Worker producer([&] { pushed = queue.push_all(items); });
  producer.await_blocked();
  queue.close();
  producer.await_done();
  CHECK_FALSE(pushed);
  CHECK(items.empty());
  CHECK(queue.pop() == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("nothing is lost or doubled, and each producer's order stays", "[bounded_queue]") {
  constexpr int kProducers = 3;
  constexpr int kConsumers = 3;
  constexpr int kItems = 2000;
  BoundedQueue<std::pair<int, int>> queue({2, 1000});
  std::vector<std::vector<std::pair<int, int>>> taken(kConsumers);
  {
    std::vector<std::unique_ptr<Worker>> consumers;
    for (auto& mine : taken) {
      consumers.push_back(std::make_unique<Worker>([&queue, &mine] {
        while (auto item = queue.pop()) mine.push_back(*item);
      }));
    }
    {
      std::vector<std::unique_ptr<Worker>> producers;
      for (int p = 0; p < kProducers; ++p) {
        producers.push_back(std::make_unique<Worker>([&queue, p] {
          for (int i = 0; i < kItems; ++i) queue.push({p, i});
        }));
      }
    }
    queue.close();
  }
  std::vector<int> seen(kProducers * kItems, 0);
  for (const auto& mine : taken) {
    std::vector<int> last(kProducers, -1);
    for (const auto& [producer, number] : mine) {
      ++seen[static_cast<std::size_t>(producer * kItems + number)];
      REQUIRE(number > last[static_cast<std::size_t>(producer)]);
      last[static_cast<std::size_t>(producer)] = number;
    }
  }
  CHECK(seen == std::vector<int>(kProducers * kItems, 1));
}

TEST_CASE("is_finished: who pops has been told that there is none, however it pops",
          "[bounded_queue]") {
  const auto told = [](auto pop) {
    BoundedQueue<int> queue({3, 1000});
    queue.push(1);
    CHECK(pop(queue) == 1);
    queue.close();
    CHECK_FALSE(queue.is_finished());  // it may be at work on that one
    CHECK_FALSE(pop(queue));
    return queue.is_finished();
  };
  CHECK(told([](BoundedQueue<int>& queue) { return queue.pop(); }));
  CHECK(told([](BoundedQueue<int>& queue) {
    std::optional<int> item = 0;
    if (queue.pop_until(*item, kNow) != PopResult::kItems) item.reset();
    return item;
  }));
  CHECK(told([](BoundedQueue<int>& queue) {
    std::vector<int> batch;
    queue.pop_batch(batch, {1, 1000}, kNow);
    return batch.empty() ? std::optional<int>() : batch.front();
  }));
}

TEST_CASE("is_finished: not while one that was popped may be worked on, though the rest is gone",
          "[bounded_queue]") {
  BoundedQueue<int> queue({3, 1000});
  queue.push(1);
  queue.push(2);
  CHECK(queue.pop() == 1);
  queue.discard();
  CHECK_FALSE(queue.is_finished());
  CHECK_FALSE(queue.pop());
  CHECK(queue.is_finished());
}

TEST_CASE("is_finished: nobody ever popped, and there is nothing", "[bounded_queue]") {
  BoundedQueue<int> queue({3, 1000});
  CHECK_FALSE(queue.is_finished());
  queue.close();
  CHECK(queue.is_finished());
}

}  // namespace
}  // namespace triloop
