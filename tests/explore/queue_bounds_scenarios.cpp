// What finds room in the queue that ships, under every schedule: one by one, in batches, by items
// and by bytes.
#include <vector>

#include "items.h"
#include "scenarios.h"
#include "scheduler.h"
#include "triloop/bounded_queue.h"

namespace explore {
namespace {

using triloop::BoundedQueue;
using triloop::kNever;
using triloop::PopResult;
using triloop::Thread;

// The bound, seen by the producer: how many of its pushes have returned that nobody has popped.
void never_above_the_bound() {
  BoundedQueue<Item> queue({2, 100});
  int pushed = 0, popped = 0;
  {
    Thread producer("producer", [&] {
      for (int i = 0; i < 4; ++i) {
        queue.push({1, i});
        ++pushed;
        require(pushed - popped <= 3, "more inside than the bound, and one in the consumer's hand");
      }
    });
    Thread consumer("consumer", [&] {
      for (int i = 0; i < 4; ++i) {
        queue.pop();
        ++popped;
      }
    });
  }
}

// Each push wakes one, though the first one's item may still be there.
void two_pushes_for_two_consumers() {
  BoundedQueue<Item> queue({2, 100});
  const auto consume = [&] { require(queue.pop().has_value(), "nothing"); };
  Thread a("consumer 1", consume);
  Thread b("consumer 2", consume);
  Thread producer("producer", [&] { queue.push({1, 0}); });
  queue.push({2, 0});
}

void one_large_item_makes_room_for_two() {
  BoundedQueue<Item> queue({10, 4});
  queue.push({0, 0, 4});
  {
    Thread a("producer 1", [&] { queue.push({1, 0, 2}); });
    Thread b("producer 2", [&] { queue.push({2, 0, 2}); });
    queue.pop();
  }
  require(queue.pop() && queue.pop(), "something is lost");
}

void pop_until_makes_room_for_two() {
  BoundedQueue<Item> queue({10, 4});
  queue.push({0, 0, 4});
  {
    Thread a("producer 1", [&] { queue.push({1, 0, 2}); });
    Thread b("producer 2", [&] { queue.push({2, 0, 2}); });
    Item item;
    require(queue.pop_until(item, kNever) == PopResult::kItems, "nothing");
  }
  require(queue.pop() && queue.pop(), "something is lost");
}

// Larger than the bound, it passes when nothing else is inside, and then nothing passes beside it.
void a_large_item_passes_alone() {
  BoundedQueue<Item> queue({10, 4});
  queue.push({0, 0, 1});
  Thread large("large", [&] { queue.push({1, 0, 9}); });
  Thread small("small", [&] { queue.push({2, 0, 1}); });
  for (int i = 0; i < 3; ++i) {
    const triloop::QueueSnapshot inside = queue.snapshot();
    require(inside.bytes <= 4 || inside.items == 1, "a large item has company");
    require(queue.pop().has_value(), "something is lost");
  }
}

void a_small_item_overtakes_a_large_one() {
  BoundedQueue<Item> queue({10, 4});
  queue.push({0, 0, 1});
  Thread large("large", [&] { queue.push({1, 0, 9}); });
  queue.push({2, 0, 1});  // and nobody pops before it has returned
  for (int i = 0; i < 3; ++i) require(queue.pop().has_value(), "something is lost");
}

void batches() {
  BoundedQueue<Item> queue({2, 100});
  Ledger ledger;
  {
    Thread producer("producer", [&] {
      std::vector<Item> items{{1, 0}, {1, 1}, {1, 2}};
      require(queue.push_all(items), "an open queue refuses");
      queue.close();
    });
    Thread consumer("consumer", [&] {
      std::vector<Item> batch;
      for (;;) {
        batch.clear();
        const PopResult result = queue.pop_batch(batch, {2, 100}, kNever);
        if (result == PopResult::kClosed) return;
        require(result == PopResult::kItems && !batch.empty(), "nothing, without a reason");
        for (const Item& item : batch) ledger.took(item);
      }
    });
  }
  require(ledger.count() == 3, "something is lost");
}

void a_batch_for_two_consumers() {
  BoundedQueue<Item> queue({4, 100});
  Thread a("consumer 1", [&] { require(queue.pop().has_value(), "nothing"); });
  Thread b("consumer 2", [&] { require(queue.pop().has_value(), "nothing"); });
  std::vector<Item> items{{1, 0}, {1, 1}};
  queue.push_all(items);
}

void a_batch_makes_room_for_two_producers() {
  BoundedQueue<Item> queue({2, 100});
  queue.push({0, 0});
  queue.push({0, 1});
  {
    Thread a("producer 1", [&] { queue.push({1, 0}); });
    Thread b("producer 2", [&] { queue.push({2, 0}); });
    std::vector<Item> batch;
    queue.pop_batch(batch, {2, 100}, kNever);
  }
  require(queue.pop() && queue.pop(), "something is lost");
}

// Full by bytes, and far from full by items.
void a_batch_of_bytes_makes_room_for_two() {
  BoundedQueue<Item> queue({10, 6});
  queue.push({0, 0, 3});
  queue.push({0, 1, 3});
  std::vector<Item> batch;
  {
    Thread a("producer 1", [&] { queue.push({1, 0, 3}); });
    Thread b("producer 2", [&] { queue.push({2, 0, 3}); });
    queue.pop_batch(batch, {10, 6}, kNever);
    require(batch.size() == 2, "a batch that is not what was there, within its bytes");
  }
  queue.pop_batch(batch, {10, 5}, kNever);
  require(batch.size() == 3, "a batch above its bytes");
  queue.pop_batch(batch, {10, 2}, kNever);
  require(batch.size() == 4, "the first of a batch passes whatever its bytes");
}

void two_batches_at_once() {
  BoundedQueue<Item> queue({2, 100});
  Ledger ledger;
  const auto produce = [&](int me) {
    std::vector<Item> items{{me, 0}, {me, 1}};
    require(queue.push_all(items), "an open queue refuses");
  };
  {
    Thread a("producer 1", [&] { produce(1); });
    Thread b("producer 2", [&] { produce(2); });
    for (int i = 0; i < 4; ++i) ledger.took(*queue.pop());
  }
  require(ledger.count() == 4, "something is lost");
}

void push_all_within_the_bound() {
  BoundedQueue<Item> queue({2, 100});
  std::vector<Item> items{{1, 0}, {1, 1}, {1, 2}, {1, 3}};
  Thread producer("producer", [&] { queue.push_all(items); });
  queue.close();
  producer.join();
  int inside = 0;
  while (queue.pop()) ++inside;
  require(inside <= 2, "more inside than the bound");
}

}  // namespace

const std::vector<Named>& queue_bounds_scenarios() {
  static const std::vector<Named> all = {
      {"never more inside than the bound", never_above_the_bound},
      {"queue: two pushes for two consumers", two_pushes_for_two_consumers},
      {"one large item makes room for two", one_large_item_makes_room_for_two},
      {"queue: pop_until makes room for two", pop_until_makes_room_for_two},
      {"queue: a large item passes alone", a_large_item_passes_alone},
      {"queue: a small item overtakes a large one", a_small_item_overtakes_a_large_one},
      {"push_all and pop_batch", batches},
      {"a batch for two consumers", a_batch_for_two_consumers},
      {"a batch makes room for two producers", a_batch_makes_room_for_two_producers},
      {"queue: a batch of bytes makes room for two", a_batch_of_bytes_makes_room_for_two},
      {"queue: two batches at once", two_batches_at_once},
      {"push_all stays within the bound", push_all_within_the_bound},
  };
  return all;
}

}  // namespace explore
