/// The memory that a receive fills.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

namespace triloop {

/// Twice as large after a receive that has filled it, half after one that has left most of it
/// empty: a connection that has little to say needs little memory; one that has much needs few
/// receives. One thread.
class ReadBuffer {
 public:
  static constexpr std::size_t kFirstBytes = 256;       // for who says nothing
  static constexpr std::size_t kLeastBytes = 2 * 1024;  // for who has said something
  static constexpr std::size_t kMostBytes = 128 * 1024;

  /// Never more than `most`.
  explicit ReadBuffer(std::size_t most = kMostBytes) : most_(most) {}

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }

  /// `received` bytes came last, and are no longer needed.
  void fit(std::size_t received) {
    if (received == size_ && size_ < most_) {
      resize(std::max(size_ * 2, kLeastBytes));
    } else if (received < size_ / 8 && size_ > kLeastBytes) {
      resize(size_ / 2);
    }
  }

 private:
  void resize(std::size_t size) {
    bytes_.reset();
    bytes_.reset(new char[size]);
    size_ = size;
  }

  const std::size_t most_;
  std::size_t size_ = kFirstBytes;
  std::unique_ptr<char[]> bytes_{new char[kFirstBytes]};
};

}  // namespace triloop
