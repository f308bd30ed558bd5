// Exercise 1: what pop() promises.
#include <set>
#include <string>

#include "explored.h"
#include "queue.h"

using explore::remark;
using explore::require;
using triloop::Thread;

// What the members are called, and what is in them for who plays the schedule.
struct Names {
  explicit Names(const Queue& queue)
      : items("items", queue.capacity_,
              [&queue] {
                std::string all;
                for (const int item : queue.items_) {
                  all += (all.empty() ? "" : " ") + std::to_string(item);
                }
                return all;
              }),
        closed("closed", 0, [&queue] { return queue.closed_ ? "1" : "0"; }) {
    explore::name_this_thread("producer");
    explore::name(queue.mutex_, "the mutex");
    explore::name(queue.not_empty_, "not_empty_");
    explore::name(queue.not_full_, "not_full_");
  }

  explore::Watch items, closed;
};

namespace {

// Pops one item, and says so.
std::optional<int> pop(Queue& queue) {
  const auto item = queue.pop();
  remark(item ? "has got item " + std::to_string(*item) : "is told that it is over");
  return item;
}

void push(Queue& queue, int item) {
  require(queue.push(item), "push() says that an open queue is closed");
  remark("has pushed item " + std::to_string(item));
}

void one_item() {
  Queue queue(1);
  const Names names(queue);
  const Thread consumer("consumer", [&] {
    const auto item = pop(queue);
    require(item.has_value(), "pop() says that an open queue is closed");
    require(*item == 1, "pop() makes an item up");
  });
  push(queue, 1);
}

void in_order() {
  Queue queue(1);
  const Names names(queue);
  const Thread consumer("consumer", [&] {
    for (int next = 1; next <= 3; ++next) {
      const auto item = pop(queue);
      require(item.has_value(), "pop() says that an open queue is closed");
      require(*item == next, "an item is lost, comes twice or out of order");
    }
  });
  for (int item = 1; item <= 3; ++item) push(queue, item);
}

template <std::size_t kCapacity>
void two_consumers() {
  Queue queue(kCapacity);
  const Names names(queue);
  std::multiset<int> taken;
  const auto consume = [&] {
    const auto item = pop(queue);
    require(item.has_value(), "pop() says that an open queue is closed");
    taken.insert(*item);
  };
  {
    const Thread a("consumer 1", consume);
    const Thread b("consumer 2", consume);
    push(queue, 1);
    push(queue, 2);
  }
  require(taken == std::multiset<int>{1, 2}, "an item is lost, or comes twice");
}

// Both wait for room at first; the consumer makes some for each.
void two_producers() {
  Queue queue(2);
  const Names names(queue);
  explore::name_this_thread("consumer");
  push(queue, 1);
  push(queue, 2);
  const Thread a("producer 1", [&] { push(queue, 3); });
  const Thread b("producer 2", [&] { push(queue, 4); });
  require(pop(queue) == 1, "an item is lost, comes twice or out of order");
  require(pop(queue) == 2, "an item is lost, comes twice or out of order");
}

void drained() {
  Queue queue(2);
  const Names names(queue);
  const Thread consumer("consumer", [&] {
    for (int next = 1; next <= 2; ++next) {
      require(pop(queue) == next, "what was pushed before close() is lost");
    }
    require(!pop(queue), "an item that nobody pushed");
  });
  push(queue, 1);
  push(queue, 2);
  queue.close();
  remark("has closed the queue");
}

void closed() {
  Queue queue(1);
  const Names names(queue);
  const auto consume = [&] { require(!pop(queue), "an item that nobody pushed"); };
  const Thread a("consumer 1", consume);
  const Thread b("consumer 2", consume);
  queue.close();
  remark("has closed the queue");
}

}  // namespace

int main() {
  return exercises::explore_all("Exercise 1: the queue",
                                {EXERCISE_ID, EXERCISE_CODE, EXERCISE_PAGE},
                                {{"a consumer that is early waits for its item", one_item},
                                 {"what one thread pushes comes out in order", in_order},
                                 {"two consumers share two items", two_consumers<2>},
                                 {"and so they do where there is room for one", two_consumers<1>},
                                 {"two producers that wait for room get it", two_producers},
                                 {"what was pushed before close() still comes out", drained},
                                 {"close() frees everybody who waits", closed}});
}
