/// A TCP socket that another thread can shut down.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

namespace triloop {

/// Owns its descriptor: closes it in the destructor, and not before, so its number cannot be reused
/// while a thread still holds it.
///
/// Thread safety: receive() belongs to one thread, try_send(), wait_writable() and shutdown_send()
/// to one other; shutdown() to any.
class UpstreamSocket {
 public:
  /// That descriptor; below 0 it is none.
  explicit UpstreamSocket(int descriptor) : descriptor_(descriptor) {}
  UpstreamSocket(UpstreamSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UpstreamSocket& operator=(UpstreamSocket&&) = delete;
  ~UpstreamSocket();

  int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

  /// Receives at least one byte. Blocks until there is one; freed by the upstream server, or by
  /// shutdown() from another thread. 0 at the end of the stream (`error` clear) or on an error.
  std::size_t receive(char* buffer, std::size_t size, std::error_code& error);

  /// Sends as much as the kernel takes. Never blocks. 0 with `error` clear if it takes nothing now.
  std::size_t try_send(std::string_view bytes, std::error_code& error);

  /// Blocks until try_send() is worth another try; freed by the upstream server reading, by
  /// shutdown(), or after `timeout`. False if it may not be.
  bool wait_writable(std::chrono::milliseconds timeout);

  /// Tells the upstream server that nothing more comes. Never blocks.
  void shutdown_send() noexcept;

  /// Ends both directions and wakes whoever blocks in this object. Never blocks; any number of
  /// times.
  void shutdown() noexcept;

 private:
  int descriptor_;
};

}  // namespace triloop
