/// What is inside a bounded queue: the items, and the lane beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "triloop/fifo.h"
#include "triloop/queue_types.h"

namespace triloop {

/// The items of a BoundedQueue in their order, and a few urgent ones that may pass them. An urgent
/// item that came before an item also leaves before it; of those that came later no two in a row
/// pass it, so that a flood of them holds nothing up.
///
/// Thread safety: none; it stands under the queue's lock.
template <typename T>
class QueueLanes {
 public:
  /// Is anything inside?
  bool has_item() const { return !urgent_.empty() || !items_.empty(); }
  std::size_t items() const { return items_.size(); }  ///< without urgent ones
  std::size_t bytes() const { return bytes_; }         ///< of those items
  std::uint64_t popped() const { return popped_; }     ///< of those items, so far

  /// Is there room for `item` within `bounds`? An empty queue has room for any.
  bool has_room_for(const T& item, const QueueBounds& bounds) const {
    if (items_.empty()) return true;
    return items_.size() < bounds.items && bytes_ <= bounds.bytes &&
           BytesOf<T>{}(item) <= bounds.bytes - bytes_;
  }

  /// Appends an item, room or not; moves from it.
  void push(T& item) {
    const std::size_t bytes = BytesOf<T>{}(item);
    items_.push_back(std::move(item));
    bytes_ += bytes;
  }

  /// Into the lane; moves from it. Of more than `most` the oldest goes.
  void push_urgent(T& item, std::size_t most) {
    if (urgent_.size() == most) urgent_.pop_front();
    urgent_.push_back({std::move(item), popped_ + items_.size()});
  }

  /// Takes all that `other` has, and gives it all that is here. What was popped stays counted.
  void swap(QueueLanes& other) noexcept {
    items_.swap(other.items_);
    urgent_.swap(other.urgent_);
    std::swap(bytes_, other.bytes_);
    std::swap(last_was_urgent_, other.last_was_urgent_);
  }

  /// The item that is next.
  const T& front() const { return next_is_urgent() ? urgent_.front().item : items_.front(); }
  /// Removes it.
  T take() {
    last_was_urgent_ = next_is_urgent();
    if (last_was_urgent_) {
      T item = std::move(urgent_.front().item);
      urgent_.pop_front();
      return item;
    }
    T item = std::move(items_.front());
    items_.pop_front();
    ++popped_;
    bytes_ -= BytesOf<T>{}(item);
    return item;
  }

 private:
  struct Urgent {
    T item;
    std::uint64_t behind;  // items that had been pushed before it, popped or not
  };

  bool next_is_urgent() const {
    if (urgent_.empty() || items_.empty()) return items_.empty();
    return !last_was_urgent_ || urgent_.front().behind <= popped_;
  }

  Fifo<T> items_;
  Fifo<Urgent> urgent_;
  std::size_t bytes_ = 0;
  std::uint64_t popped_ = 0;
  bool last_was_urgent_ = false;
};

}  // namespace triloop
