#include "wrong_queues.h"

#include <set>
#include <string>

#include "scenarios.h"

namespace explore {
namespace {

using triloop::Thread;

template <typename Queue>
void name_all(Queue& queue) {
  name_this_thread("producer");
  name(queue.mutex, "the mutex");
  name(queue.not_empty, "not_empty");
  name(queue.not_full, "not_full");
}
void name_all(OneCondition& queue) {
  name_this_thread("producer");
  name(queue.mutex, "the mutex");
  name(queue.changed, "changed");
}
void name_all(FlagOutsideTheLock& queue) {
  name_all(static_cast<Base&>(queue));
  name(queue.closed, "closed");
}

bool is_closed(const Queue& queue) { return queue.closed; }
bool is_closed(const FlagOutsideTheLock& queue) { return queue.closed.peek(); }

// What is inside, for who looks on.
template <typename Queue>
struct Watched {
  explicit Watched(const Queue& queue)
      : items("items", queue.capacity,
              [&queue] {
                std::string all;
                for (const int item : queue.items)
                  all += (all.empty() ? "" : " ") + std::to_string(item);
                return all;
              }),
        closed("closed", 0, [&queue] { return is_closed(queue) ? "1" : "0"; }) {}

  Watch items, closed;
};

// Two items for two consumers.
template <typename Queue, std::size_t kCapacity>
void hand_over() {
  Queue queue{kCapacity};
  name_all(queue);
  const Watched<Queue> watched(queue);
  std::multiset<int> taken;
  const auto consume = [&] {
    const auto item = queue.pop();
    require(item.has_value(), "an open queue says that it is closed");
    remark("has got item " + std::to_string(*item));
    taken.insert(*item);
  };
  {
    Thread a("consumer 1", consume);
    Thread b("consumer 2", consume);
    for (const int item : {1, 2}) {
      queue.push(item);
      remark("has pushed item " + std::to_string(item));
    }
  }
  require(taken == std::multiset<int>{1, 2}, "an item is lost, or comes twice");
}

// The queue is closed while nobody pushes.
template <typename Queue, int kConsumers>
void close_it() {
  Queue queue{1};
  name_all(queue);
  const Watched<Queue> watched(queue);
  const auto consume = [&] { require(!queue.pop(), "an item that nobody pushed"); };
  Thread a("consumer 1", consume);
  Thread b;
  if (kConsumers == 2) b = Thread("consumer 2", consume);
  queue.close();
  remark("has closed the queue");
}

}  // namespace

const std::vector<Named>& wrong_queues() {
  static const std::vector<Named> all = {
      {"if for while", hand_over<IfForWhile, 2>},
      {"close wakes one", close_it<CloseWakesOne, 2>},
      {"the flag outside the lock", close_it<FlagOutsideTheLock, 1>},
      {"one condition for both sides", hand_over<OneCondition, 1>},
      {"a notify that is saved", hand_over<NotifyWhenEmpty, 2>},
  };
  return all;
}

const std::vector<Named>& right_queue() {
  static const std::vector<Named> all = {
      {"the right one: two items for two consumers, one place", hand_over<Queue, 1>},
      {"the right one: two items for two consumers, two places", hand_over<Queue, 2>},
      {"the right one: closed while two wait", close_it<Queue, 2>},
  };
  return all;
}

}  // namespace explore
