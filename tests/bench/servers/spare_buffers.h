#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "batch_queue.h"

namespace bench {

/// Buffers of large messages on their way back from the thread that wrote them to the one that
/// reads, so that a message's memory travels around and is not given to the system and asked for
/// again.
class SpareBuffers {
 public:
  /// Messages below this size are not worth a lock.
  static constexpr std::size_t kLeastBytes = 16 << 10;

  /// Takes the large ones out of a batch that was sent.
  void give(Batch& batch) {
    for (std::string& message : batch) {
      if (message.capacity() < kLeastBytes) continue;
      const std::lock_guard lock(mutex_);
      if (bytes_ + message.capacity() > kMostBytes) return;
      bytes_ += message.capacity();
      spare_.push_back(std::move(message));
    }
  }

  /// One that was used before, with whatever is in it; an empty one if there is none.
  std::string take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return {};
    std::string buffer = std::move(spare_.back());
    spare_.pop_back();
    bytes_ -= buffer.capacity();
    return buffer;
  }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{128} << 20;

  std::mutex mutex_;  // guards all that follows
  Batch spare_;
  std::size_t bytes_ = 0;
};

}  // namespace bench
