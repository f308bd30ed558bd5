// The states that a search has gone on from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace explore {

// A hash table of states, eight bytes for each: 61 bits of the state's hash, and three for what was
// left to spend there. That two of a hundred million states have the same 61 bits is possible, and
// would hide one of them.
class Visited {
 public:
  // False if somebody has gone on from this state before, with at least as much left to spend.
  bool add(std::uint64_t state, int left) {
    if (count_ * 3 >= slots_.size() * 2) grow();
    std::uint64_t& slot = find(slots_, state);
    const std::uint64_t mark = static_cast<std::uint64_t>(left) + 1;
    if (slot != 0 && (slot & kLeft) >= mark) return false;
    if (slot == 0) ++count_;
    slot = (state & ~kLeft) | mark;
    return true;
  }

 private:
  static constexpr std::uint64_t kLeft = 7;

  static std::uint64_t& find(std::vector<std::uint64_t>& slots, std::uint64_t state) {
    std::size_t at = (state >> 3) & (slots.size() - 1);
    while (slots[at] != 0 && ((slots[at] ^ state) & ~kLeft) != 0)
      at = (at + 1) & (slots.size() - 1);
    return slots[at];
  }

  void grow() {
    std::vector<std::uint64_t> larger(slots_.empty() ? 1024 : slots_.size() * 2);
    for (const std::uint64_t slot : slots_) {
      if (slot != 0) find(larger, slot) = slot;
    }
    slots_ = std::move(larger);
  }

  std::vector<std::uint64_t> slots_;  // 0: free
  std::size_t count_ = 0;
};

}  // namespace explore
