#pragma once

#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

namespace bench {

using Batch = std::vector<std::string>;

/// Bounded FIFO of messages between one thread that pushes and one that pops, whole batches at a
/// time: one lock for each, and a wake only for a thread that waits. Open until close().
///
/// A batch is taken whole as soon as there is any room, so the bound may be passed by one batch,
/// which is bounded itself by what one receive brings.
class BatchQueue {
 public:
  /// Appends the batch and leaves it empty. Blocks while full; freed by pop() or close(). False if
  /// the queue is closed.
  bool push(Batch& batch, std::size_t batch_bytes) {
    bool wake = false;
    {
      std::unique_lock lock(mutex_);
      while (!closed_ && is_full()) {
        pusher_waits_ = true;
        has_room_.wait(lock);
      }
      if (closed_) return false;
      if (items_.empty()) {
        items_.swap(batch);
      } else {
        items_.insert(items_.end(), std::make_move_iterator(batch.begin()),
                      std::make_move_iterator(batch.end()));
      }
      bytes_ += batch_bytes;
      wake = popper_waits_;
      popper_waits_ = false;
    }
    batch.clear();
    if (wake) has_items_.notify_one();
    return true;
  }

  /// Takes all there is in exchange for an empty batch. Blocks while empty; freed by push() or
  /// close(). False once closed and drained. `bytes` is what was taken.
  bool pop(Batch& batch, std::size_t& bytes) {
    batch.clear();
    bool wake = false;
    {
      std::unique_lock lock(mutex_);
      while (!closed_ && items_.empty()) {
        popper_waits_ = true;
        has_items_.wait(lock);
      }
      if (items_.empty()) return false;
      items_.swap(batch);
      bytes = bytes_;
      bytes_ = 0;
      wake = pusher_waits_;
      pusher_waits_ = false;
    }
    if (wake) has_room_.notify_one();
    return true;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    has_items_.notify_one();
    has_room_.notify_one();
  }

 private:
  static constexpr std::size_t kItems = 1000;
  static constexpr std::size_t kBytes = std::size_t{4} << 20;

  bool is_full() const { return items_.size() >= kItems || bytes_ >= kBytes; }

  std::mutex mutex_;  // guards all that follows
  std::condition_variable has_items_;
  std::condition_variable has_room_;
  Batch items_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
  bool popper_waits_ = false;
  bool pusher_waits_ = false;
};

}  // namespace bench
