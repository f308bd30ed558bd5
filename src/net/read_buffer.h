/// The memory that a receive fills.
#pragma once

#include <cstddef>
#include <memory>

namespace triloop {

/// Twice as large after a receive that has filled it, half after one that has left most of it
/// empty: a connection that has little to say needs little memory; one that has much needs few
/// receives. One thread.
class ReadBuffer {
 public:
  static constexpr std::size_t kLeastBytes = 256;
  static constexpr std::size_t kMostBytes = 128 * 1024;

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }

  /// `received` bytes came last, and are no longer needed.
  void fit(std::size_t received) {
    if (received == size_ && size_ < kMostBytes) {
      resize(size_ * 2);
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

  std::size_t size_ = kLeastBytes;
  std::unique_ptr<char[]> bytes_{new char[kLeastBytes]};
};

}  // namespace triloop
