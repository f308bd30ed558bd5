// What the queue's scenarios push and pop.
#pragma once

#include <cstddef>
#include <vector>

#include "scheduler.h"
#include "triloop/bounded_queue.h"

namespace explore {

// Who put it in, and as which of his.
struct Item {
  int producer = 0;
  int number = 0;
  std::size_t bytes = 1;
};

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

}  // namespace explore

template <>
struct triloop::BytesOf<explore::Item> {
  std::size_t operator()(const explore::Item& item) const { return item.bytes; }
};
