/// Items in a row, of which an empty one takes no memory.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace triloop {

/// What a std::deque is to a queue, in a ring. A deque takes half a KiB before there is anything in
/// it, and a connection has several that mostly stay empty; this takes memory with its first item.
/// A ring that a few items have made is used again and again; a large one is given back when the
/// last item has left it.
///
/// Thread safety: none.
template <typename T>
class Fifo {
 public:
  /// An empty ring of so many places is kept for the next items.
  static constexpr std::size_t kKept = 16;

  bool empty() const { return size_ == 0; }   ///< no item?
  std::size_t size() const { return size_; }  ///< items

  /// The oldest item. There must be one.
  T& front() { return *ring_[first_]; }
  /// As front().
  const T& front() const { return *ring_[first_]; }

  /// Appends an item. Throws std::bad_alloc, and then nothing has changed: not the item either.
  void push_back(T&& item) {
    if (size_ == ring_.size()) grow();
    ring_[place(size_)] = std::move(item);
    ++size_;
  }

  /// Removes the oldest item. There must be one.
  void pop_front() noexcept {
    ring_[first_].reset();
    first_ = place(1);
    if (--size_ == 0 && ring_.size() > kKept) clear();
  }

  /// Throws all of them away, and gives the memory back.
  void clear() noexcept { Fifo().swap(*this); }

  /// Each has what the other had.
  void swap(Fifo& other) noexcept {
    ring_.swap(other.ring_);
    std::swap(first_, other.first_);
    std::swap(size_, other.size_);
  }

 private:
  static constexpr std::size_t kFirst = 4;

  std::size_t place(std::size_t behind) const {
    const std::size_t at = first_ + behind;
    return at < ring_.size() ? at : at - ring_.size();
  }

  void grow() {
    std::vector<std::optional<T>> larger(ring_.empty() ? kFirst : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(ring_[place(i)]);
    ring_ = std::move(larger);
    first_ = 0;
  }

  std::vector<std::optional<T>> ring_;  // its size is what has room in it
  std::size_t first_ = 0;               // where the oldest item is
  std::size_t size_ = 0;
};

}  // namespace triloop
