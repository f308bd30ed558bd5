/// What a queue is bounded by, what its calls say, and how it looks from outside.
#pragma once

#include <chrono>
#include <cstddef>

#include "triloop/sync.h"

namespace triloop {

/// A bound on items and on bytes, for a queue or for a batch. Both hold at once.
struct QueueBounds {
  std::size_t items = 1000;
  std::size_t bytes = std::size_t{4} << 20;
};

/// How many bytes an item counts for. Specialise it for what you queue; by default an item counts
/// only as an item.
template <typename T>
struct BytesOf {
  std::size_t operator()(const T& /*item*/) const { return 0; }
};

/// A queue at one instant. For people to look at: when they do, it has changed.
struct QueueSnapshot {
  std::size_t items = 0;
  std::size_t bytes = 0;
  QueueBounds bounds;
  int waiting_for_items = 0;  ///< threads
  int waiting_for_room = 0;
  std::chrono::nanoseconds waited_for_items{0};  ///< by all threads so far
  std::chrono::nanoseconds waited_for_room{0};
  TimePoint at{};  ///< this instant
};

/// What a push() with a deadline did.
enum class PushResult {
  kPushed,
  kFull,    ///< the deadline passed; the argument is as it was
  kClosed,  ///< the queue is closed; the argument is as it was
};

/// What a pop with a deadline brought.
enum class PopResult {
  kItems,    ///< the item; of pop_batch() at least one, appended to the argument
  kNothing,  ///< the deadline passed; of pop_batch() also: nudge() was called
  kClosed,   ///< the queue is closed and empty: there will never be another item
};

}  // namespace triloop
