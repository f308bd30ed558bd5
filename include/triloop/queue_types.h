/// What a queue is bounded by, what its calls say, and how it looks from outside.
#pragma once

#include <chrono>
#include <cstddef>

#include "triloop/sync.h"

namespace triloop {

/// A bound on items and on bytes, for a queue or for a batch. Both hold at once.
struct QueueBounds {
  std::size_t items = 1000;                  ///< as many as the Go design's channels hold
  std::size_t bytes = std::size_t{4} << 20;  ///< as BytesOf counts them
};

/// How many bytes an item counts for. Specialise it for what you queue; by default an item counts
/// only as an item.
template <typename T>
struct BytesOf {
  /// Called under the queue's lock: must not block, and must say the same of an item each time.
  std::size_t operator()(const T& /*item*/) const { return 0; }
};

/// A queue at one instant. For people to look at: when they do, it has changed.
struct QueueSnapshot {
  std::size_t items = 0;                         ///< without urgent ones
  std::size_t bytes = 0;                         ///< of those items
  QueueBounds bounds;                            ///< what full means
  int waiting_for_items = 0;                     ///< threads in a pop
  int waiting_for_room = 0;                      ///< threads in a push
  std::chrono::nanoseconds waited_for_items{0};  ///< by all threads so far
  std::chrono::nanoseconds waited_for_room{0};   ///< likewise
  TimePoint at{};                                ///< this instant
};

/// What a push() with a deadline did.
enum class PushResult {
  kPushed,  ///< the argument has been moved from
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
