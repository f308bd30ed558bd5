// The queue and the latch that ship, under every schedule.
#include <algorithm>
#include <string>
#include <vector>

#include "scenarios.h"
#include "scheduler.h"
#include "triloop/bounded_queue.h"
#include "triloop/close_latch.h"

namespace explore {
namespace {

using triloop::BoundedQueue;
using triloop::CloseLatch;
using triloop::kNever;
using triloop::PopResult;
using triloop::PushResult;
using triloop::Thread;

// Who put it in, and as which of his.
struct Item {
  int producer = 0;
  int number = 0;
  std::size_t bytes = 1;
};

}  // namespace
}  // namespace explore

template <>
struct triloop::BytesOf<explore::Item> {
  std::size_t operator()(const explore::Item& item) const { return item.bytes; }
};

namespace explore {
namespace {

// What one consumer has got. What comes from one producer comes in order, and nothing twice.
class Ledger {
 public:
  void took(const Item& item) {
    for (auto i = taken_.rbegin(); i != taken_.rend(); ++i) {
      if (i->producer != item.producer) continue;
      require(i->number < item.number, "what one thread pushed comes out of order, or twice");
      break;
    }
    taken_.push_back(item);
  }
  std::size_t count() const { return taken_.size(); }

 private:
  std::vector<Item> taken_;
};

void two_by_two(triloop::QueueBounds bounds) {
  BoundedQueue<Item> queue(bounds);
  Ledger one, other;
  const auto produce = [&](int me, int items) {
    for (int i = 0; i < items; ++i) require(queue.push({me, i}), "an open queue refuses");
  };
  const auto consume = [&](Ledger& ledger, int items) {
    for (int i = 0; i < items; ++i) {
      const auto item = queue.pop();
      require(item.has_value(), "an open queue says that it is closed");
      ledger.took(*item);
    }
  };
  {
    Thread a("producer 1", [&] { produce(1, 2); });
    Thread b("producer 2", [&] { produce(2, 1); });
    Thread c("consumer 1", [&] { consume(one, 2); });
    Thread d("consumer 2", [&] { consume(other, 1); });
  }
  require(one.count() + other.count() == 3, "something is lost");
}

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

void close_while_one_waits_in_pop() {
  BoundedQueue<Item> queue({1, 100});
  std::size_t got = 0;
  {
    Thread consumer("consumer", [&] {
      while (queue.pop()) ++got;
    });
    Thread producer("producer", [&] { queue.push({1, 0}); });
    producer.join();
    queue.close();
  }
  require(got == 1, "what was pushed before close() is lost");
}

void close_while_two_wait_in_pop() {
  BoundedQueue<Item> queue({1, 100});
  Thread a("consumer 1", [&] { require(!queue.pop(), "an item that nobody pushed"); });
  Thread b("consumer 2", [&] { require(!queue.pop(), "an item that nobody pushed"); });
  queue.close();
}

void close_while_two_wait_in_push() {
  BoundedQueue<Item> queue({1, 100});
  queue.push({0, 0});
  int refused = 0;
  {
    Thread a("producer 1", [&] { refused += queue.push({1, 0}) ? 0 : 1; });
    Thread b("producer 2", [&] { refused += queue.push({2, 0}) ? 0 : 1; });
    queue.close();
  }
  require(refused == 2, "a closed, full queue takes an item");
  require(queue.pop().has_value(), "what was queued is lost");
  require(!queue.pop(), "an item too many");
}

void discard_frees_both_sides() {
  BoundedQueue<Item> full({1, 100}), empty({1, 100});
  full.push({0, 0});
  Thread producer("producer", [&] { full.push({1, 0}); });
  Thread consumer("consumer", [&] { require(!empty.pop(), "an item that nobody pushed"); });
  full.discard();
  empty.discard();
  require(!full.pop(), "discard() leaves something");
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

void urgent_items_pass_a_full_queue() {
  BoundedQueue<Item> queue({1, 100});
  queue.push({0, 0});
  int got = 0;
  {
    Thread producer("producer", [&] { queue.push({1, 0}); });
    Thread urgent("urgent", [&] { require(queue.push_urgent({2, 0}), "an open queue refuses"); });
    Thread consumer("consumer", [&] {
      for (; got < 3; ++got) queue.pop();
    });
  }
  require(got == 3, "something is lost");
}

void an_urgent_push_never_waits() {
  BoundedQueue<Item> queue({1, 100});
  queue.push({0, 0});
  require(queue.push_urgent({1, 0}), "an open queue refuses");
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

void a_nudge_is_not_lost() {
  BoundedQueue<Item> queue({1, 100});
  Thread consumer("consumer", [&] {
    std::vector<Item> batch;
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kNothing, "no nudge");
  });
  queue.nudge();
}

void a_deadline_ends_pop_batch() {
  BoundedQueue<Item> queue({1, 100});
  std::vector<Item> batch;
  const auto deadline = triloop::Clock::now() + std::chrono::seconds(1);
  const PopResult result = queue.pop_batch(batch, {1, 100}, deadline);
  require(result == PopResult::kNothing, "an item that nobody pushed");
}

// Of two who wait, one no longer than a second. Whoever of them is woken for the only item, it is
// not left behind.
void a_wake_at_the_deadline_is_not_lost() {
  BoundedQueue<Item> queue({1, 100});
  const auto in_seconds = [](int n) { return triloop::Clock::now() + std::chrono::seconds(n); };
  bool timed_has_it = false, patient_has_it = false;
  Thread timed("timed consumer", [&] {
    Item item;
    timed_has_it = queue.pop_until(item, in_seconds(1)) == PopResult::kItems;
  });
  Thread patient("patient consumer", [&] { patient_has_it = queue.pop().has_value(); });
  Thread time("time", [&] { CloseLatch().wait_until(in_seconds(2)); });
  queue.push({0, 0});
  timed.join();
  if (timed_has_it) queue.close();
  patient.join();
  require(timed_has_it != patient_has_it, "an item is lost, or comes twice");
}

void a_push_gives_up_at_its_deadline() {
  BoundedQueue<Item> queue({1, 100});
  queue.push({0, 0});
  int pushed = 1, popped = 0;
  {
    Thread producer("producer", [&] {
      Item item{1, 0};
      const auto deadline = triloop::Clock::now() + std::chrono::seconds(1);
      if (queue.push_until(item, deadline) == PushResult::kPushed) ++pushed;
    });
    Thread consumer("consumer", [&] {
      if (queue.pop()) ++popped;
    });
  }
  queue.close();
  while (queue.pop()) ++popped;
  require(pushed == popped, "an item is lost, or comes twice");
}

void three_fire_at_once() {
  CloseLatch latch;
  int fired = 0;
  int first = -1;
  const auto fire = [&](int who) {
    if (latch.fire({triloop::ClosedBy::peer, static_cast<std::uint16_t>(who), ""})) {
      ++fired;
      first = who;
    }
  };
  {
    Thread waiter("waiter", [&] {
      latch.wait();
      require(latch.fired(), "it has waited for a latch that has not fired");
    });
    Thread a("a", [&] { fire(1); });
    Thread b("b", [&] { fire(2); });
    Thread c("c", [&] { fire(3); });
  }
  require(fired == 1, "the latch fired twice, or never");
  require(latch.reason()->code == first, "not the first reason stays");
}

void the_latch_wakes_all() {
  CloseLatch latch;
  const auto wait = [&] {
    latch.wait();
    require(latch.reason().has_value(), "it has waited for a latch that has not fired");
  };
  Thread a("waiter 1", wait);
  Thread b("waiter 2", wait);
  latch.fire({});
}

void who_sees_fired_finds_the_reason() {
  CloseLatch latch;
  Thread a("a", [&] { latch.fire({}); });
  Thread b("b", [&] {
    if (latch.fired()) require(latch.reason().has_value(), "fired, and no reason");
  });
}

}  // namespace

const std::vector<Named>& queue_scenarios() {
  static const std::vector<Named> all = {
      {"never more inside than the bound", never_above_the_bound},
      {"close while one waits in pop", close_while_one_waits_in_pop},
      {"close while two wait in pop", close_while_two_wait_in_pop},
      {"close while two wait in push", close_while_two_wait_in_push},
      {"discard frees both sides", discard_frees_both_sides},
      {"one large item makes room for two", one_large_item_makes_room_for_two},
      {"push_all and pop_batch", batches},
      {"a batch for two consumers", a_batch_for_two_consumers},
      {"a batch makes room for two producers", a_batch_makes_room_for_two_producers},
      {"urgent items pass a full queue", urgent_items_pass_a_full_queue},
      {"an urgent push never waits", an_urgent_push_never_waits},
      {"push_all stays within the bound", push_all_within_the_bound},
      {"a nudge is not lost", a_nudge_is_not_lost},
      {"a deadline ends pop_batch", a_deadline_ends_pop_batch},
      {"a wake at the deadline is not lost", a_wake_at_the_deadline_is_not_lost},
      {"a push gives up at its deadline", a_push_gives_up_at_its_deadline},
      {"the latch is fired by three at once", three_fire_at_once},
      {"the latch wakes all who wait", the_latch_wakes_all},
      {"who sees that it fired finds the reason", who_sees_fired_finds_the_reason},
      {"two producers, two consumers, one place",
       [] {
         two_by_two({1, 100});
       }},
      {"two producers, two consumers, two places",
       [] {
         two_by_two({2, 100});
       }},
      {"two producers, two consumers, one byte",
       [] {
         two_by_two({100, 1});
       }},
  };
  return all;
}

}  // namespace explore
