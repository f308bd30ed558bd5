// The urgent lane of the queue that ships, and its nudges, under every schedule.
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
using triloop::PopResult;
using triloop::Thread;

constexpr int kData = 1, kUrgent = 2;  // who pushes

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

void fill_both_lanes(BoundedQueue<Item>& queue, int items) {
  for (int i = 0; i < items; ++i) {
    queue.push({kData, i});
    queue.push_urgent({kUrgent, i});
  }
}

void expect_alternating(const std::vector<Item>& items) {
  Ledger ledger;
  int last = kData;  // so the first one is urgent
  for (const Item& item : items) {
    require(item.producer != last, "one lane holds the other one up");
    ledger.took(item);
    last = item.producer;
  }
}

void both_lanes_are_full() {
  BoundedQueue<Item> one_by_one({3, 100}), at_once({3, 100});
  std::vector<Item> items, batch;
  fill_both_lanes(one_by_one, 3);
  for (int i = 0; i < 6; ++i) items.push_back(*one_by_one.pop());
  expect_alternating(items);
  fill_both_lanes(at_once, 3);
  at_once.pop_batch(batch, {6, 100}, kNever);
  require(batch.size() == 6, "not all that was there");
  expect_alternating(batch);
}

// What is certain of the order in which an urgent item and the others are pushed.
struct Order {
  int before = 0;  // so many have been pushed before it,
  int behind = 0;  // and those from this one on come later
  bool is_there = false;
};

// While they are filled and emptied at once, too, each lane is in order; an urgent item leaves
// before those that came after it, and before those that came earlier if it is its turn.
void both_lanes_are_filled_and_emptied() {
  BoundedQueue<Item> queue({2, 100});
  int begun = 0, pushed = 0;  // of the others
  Order urgent_order[2];
  Thread data("data", [&] {
    for (int i = 0; i < 2; ++i) {
      ++begun;
      queue.push({kData, i});
      ++pushed;
    }
  });
  Thread urgent("urgent", [&] {
    for (int i = 0; i < 2; ++i) {
      urgent_order[i].before = pushed;
      queue.push_urgent({kUrgent, i});
      urgent_order[i].behind = begun;
      urgent_order[i].is_there = true;
    }
  });
  Ledger ledger;
  int data_taken = 0, urgent_taken = 0;
  int last = kData;
  for (int i = 0; i < 4; ++i) {
    const bool is_urgent_there = urgent_taken < 2 && urgent_order[urgent_taken].is_there;
    const Item item = *queue.pop();
    ledger.took(item);
    if (item.producer == kUrgent) {
      require(
          last == kData || urgent_taken == 0 || data_taken >= urgent_order[urgent_taken - 1].before,
          "the urgent lane holds the other one up");
      ++urgent_taken;
    } else {
      require(last == kUrgent || !is_urgent_there, "the urgent lane is held up");
      require(!is_urgent_there || data_taken < urgent_order[urgent_taken].behind,
              "an item passes an urgent one that came before it");
      ++data_taken;
    }
    last = item.producer;
  }
}

void the_lane_takes_no_room() {
  BoundedQueue<Item> queue({10, 4});
  Thread urgent("urgent", [&] { queue.push_urgent({kUrgent, 0, 3}); });
  queue.push({kData, 0, 2});
  urgent.join();
  require(queue.snapshot().bytes == 2, "an urgent item counts in the bound");
  require(queue.pop()->producer == kUrgent, "an urgent item does not come first");
  require(queue.snapshot().bytes == 2, "an urgent item gives back what it did not take");
  queue.push({kData, 1, 2});  // there is room: nobody pops before it has returned
}

void discard_empties_the_lane() {
  BoundedQueue<Item> queue({1, 100});
  queue.push_urgent({kUrgent, 0});
  Thread urgent("urgent", [&] { queue.push_urgent({kUrgent, 1}); });
  queue.discard();
  urgent.join();
  require(!queue.pop(), "discard() leaves something in the lane");
}

void close_keeps_what_is_in_the_lane() {
  BoundedQueue<Item> queue({1, 100});
  int pushed = 0, got = 0;
  {
    Thread urgent("urgent", [&] { pushed += queue.push_urgent({kUrgent, 0}) ? 1 : 0; });
    Thread consumer("consumer", [&] {
      while (queue.pop()) ++got;
    });
    queue.close();
  }
  require(got == pushed, "an urgent item is lost, or comes though it was refused");
}

void a_nudge_is_not_lost() {
  BoundedQueue<Item> queue({1, 100});
  Thread consumer("consumer", [&] {
    std::vector<Item> batch;
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kNothing, "no nudge");
  });
  queue.nudge();
}

// Each makes for one look-up: behind the last one there is nothing to be had but items.
void two_nudges() {
  BoundedQueue<Item> queue({1, 100});
  triloop::Latch first, second;
  Thread consumer("consumer", [&] {
    std::vector<Item> batch;
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kNothing, "no nudge");
    first.fire({});
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kNothing, "no second nudge");
    second.fire({});
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kItems, "a third nudge");
  });
  queue.nudge();
  first.wait();
  queue.nudge();
  second.wait();
  queue.push({0, 0});
}

// Who waits in pop() does not swallow it.
void a_nudge_while_a_pop_waits() {
  BoundedQueue<Item> queue({1, 100});
  Thread patient("pop", [&] { require(queue.pop().has_value(), "nothing"); });
  Thread consumer("pop_batch", [&] {
    std::vector<Item> batch;
    require(queue.pop_batch(batch, {1, 100}, kNever) == PopResult::kNothing, "no nudge");
  });
  queue.nudge();
  consumer.join();
  queue.push({0, 0});
}

// As the writer's deadline changes while it has something to send: it sees both.
void a_nudge_beside_an_item() {
  BoundedQueue<Item> queue({1, 100});
  triloop::Atomic<bool> changed{false};
  Thread consumer("consumer", [&] {
    std::vector<Item> batch;
    bool looked = false;
    while (batch.empty() || !looked) {
      queue.pop_batch(batch, {1, 100}, kNever);
      looked = changed.load();
    }
  });
  Thread producer("producer", [&] { queue.push({1, 0}); });
  changed.store(true);
  queue.nudge();
}

}  // namespace

const std::vector<Named>& queue_lane_scenarios() {
  static const std::vector<Named> all = {
      {"urgent items pass a full queue", urgent_items_pass_a_full_queue},
      {"an urgent push never waits", an_urgent_push_never_waits},
      {"queue: both lanes are full", both_lanes_are_full},
      {"queue: both lanes are filled and emptied", both_lanes_are_filled_and_emptied},
      {"queue: the lane takes no room", the_lane_takes_no_room},
      {"queue: discard empties the lane", discard_empties_the_lane},
      {"queue: close keeps what is in the lane", close_keeps_what_is_in_the_lane},
      {"a nudge is not lost", a_nudge_is_not_lost},
      {"queue: two nudges", two_nudges},
      {"queue: a nudge while a pop waits", a_nudge_while_a_pop_waits},
      {"queue: a nudge beside an item", a_nudge_beside_an_item},
  };
  return all;
}

}  // namespace explore
