// The queue that ships, under every schedule: who waits, and how it ends.
#include <chrono>
#include <vector>

#include "items.h"
#include "scenarios.h"
#include "scheduler.h"
#include "triloop/bounded_queue.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using triloop::BoundedQueue;
using triloop::kNever;
using triloop::Latch;
using triloop::PopResult;
using triloop::PushResult;
using triloop::Thread;

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

void a_deadline_ends_pop_batch() {
  BoundedQueue<Item> queue({1, 100});
  std::vector<Item> batch;
  const auto deadline = triloop::Clock::now() + std::chrono::seconds(1);
  const PopResult result = queue.pop_batch(batch, {1, 100}, deadline);
  require(result == PopResult::kNothing, "an item that nobody pushed");
}

// Of two who wait, one no longer than a second. Whoever of them is woken for the only item, it is
// not left behind.
template <typename TimedPop>
void a_wake_at_the_deadline_is_not_lost(const TimedPop& pop_before) {
  BoundedQueue<Item> queue({1, 100});
  const auto in_seconds = [](int n) { return triloop::Clock::now() + std::chrono::seconds(n); };
  bool timed_has_it = false, patient_has_it = false;
  Thread timed("timed consumer",
               [&] { timed_has_it = pop_before(queue, in_seconds(1)) == PopResult::kItems; });
  Thread patient("patient consumer", [&] { patient_has_it = queue.pop().has_value(); });
  Thread time("time", [&] { Latch().wait_until(in_seconds(2)); });
  queue.push({0, 0});
  timed.join();
  if (timed_has_it) queue.close();
  patient.join();
  require(timed_has_it != patient_has_it, "an item is lost, or comes twice");
}

PopResult pop_until(BoundedQueue<Item>& queue, triloop::TimePoint deadline) {
  Item item;
  return queue.pop_until(item, deadline);
}

PopResult pop_batch(BoundedQueue<Item>& queue, triloop::TimePoint deadline) {
  std::vector<Item> batch;
  return queue.pop_batch(batch, {1, 100}, deadline);
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

}  // namespace

const std::vector<Named>& queue_scenarios() {
  static const std::vector<Named> all = {
      {"close while one waits in pop", close_while_one_waits_in_pop},
      {"close while two wait in pop", close_while_two_wait_in_pop},
      {"close while two wait in push", close_while_two_wait_in_push},
      {"discard frees both sides", discard_frees_both_sides},
      {"a deadline ends pop_batch", a_deadline_ends_pop_batch},
      {"a wake at the deadline is not lost", [] { a_wake_at_the_deadline_is_not_lost(pop_until); }},
      {"queue: a wake at a batch's deadline is not lost",
       [] { a_wake_at_the_deadline_is_not_lost(pop_batch); }},
      {"a push gives up at its deadline", a_push_gives_up_at_its_deadline},
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
