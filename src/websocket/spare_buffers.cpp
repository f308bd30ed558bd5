#include "websocket/spare_buffers.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace triloop {

std::string SpareBuffers::take(std::size_t bytes) {
  if (bytes < kLeastBytes) return {};
  const MutexLock lock(mutex_);
  const auto fits = [&](const std::string& buffer) {
    return buffer.capacity() >= bytes && buffer.capacity() / 2 <= bytes;
  };
  // From the back: what was used last may still be in the CPU's cache.
  const auto found = std::find_if(buffers_.rbegin(), buffers_.rend(), fits);
  if (found == buffers_.rend()) return {};
  std::string buffer = std::move(*found);
  buffers_.erase(std::prev(found.base()));
  bytes_ -= buffer.capacity();
  used_ = true;
  return buffer;
}

void SpareBuffers::give_back(std::vector<Frame>& sent) {
  const auto is_worth_it = [&](const Frame& frame) {
    const std::size_t size = frame.payload.capacity();
    return size >= kLeastBytes && size <= most_bytes_;
  };
  if (std::any_of(sent.begin(), sent.end(), is_worth_it)) {
    if (due_ == kNever) due_ = Clock::now() + idle_;
    std::vector<std::string> gone;  // freed when the lock is released
    const MutexLock lock(mutex_);
    for (Frame& frame : sent) {
      if (!is_worth_it(frame)) continue;
      bytes_ += frame.payload.capacity();
      buffers_.push_back(std::move(frame.payload));
    }
    while (bytes_ > most_bytes_ || buffers_.size() > kMostBuffers) {
      bytes_ -= buffers_.front().capacity();
      gone.push_back(std::move(buffers_.front()));
      buffers_.erase(buffers_.begin());
    }
  }
  sent.clear();
}

void SpareBuffers::let_go_if_idle() {
  if (due_ == kNever || Clock::now() < due_) return;
  std::vector<std::string> gone;  // freed when the lock is released
  const MutexLock lock(mutex_);
  due_ = used_ ? Clock::now() + idle_ : kNever;
  if (!used_) {
    buffers_.swap(gone);
    bytes_ = 0;
  }
  used_ = false;
}

std::size_t SpareBuffers::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace triloop
