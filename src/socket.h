/// The narrow seam through which the loops reach the network.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "triloop/sync.h"

namespace triloop {

/// A connected stream: two calls that wait, one that sends, two that end it. Tests put their own in
/// its place.
///
/// Thread safety: receive() belongs to one thread, try_send(), wait_writable() and
/// shutdown_send() to one other; shutdown() to any.
class Socket {
 public:
  virtual ~Socket() = default;

  /// Receives at least one byte. Blocks until there is one; freed by the peer, by shutdown() from
  /// another thread, or by `deadline`. 0 at the end of the stream (`error` clear) or on an error
  /// (std::errc::timed_out after the deadline).
  virtual std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                              std::error_code& error) = 0;

  /// Sends as much of `count` parts, one behind the other, as the kernel takes; no more than
  /// IOV_MAX parts (sendmsg(2)). Never blocks. 0 with `error` clear if it takes nothing now.
  virtual std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) = 0;

  /// Blocks until try_send() is worth another try; freed by the peer reading, by shutdown(), or by
  /// `deadline`. False after the deadline.
  virtual bool wait_writable(TimePoint deadline) = 0;

  /// Tells the peer that nothing more comes. Never blocks.
  virtual void shutdown_send() noexcept = 0;

  /// Ends both directions and wakes whoever blocks in this object. Never blocks; any number of
  /// times. The descriptor stays open until the destructor, so its number cannot be reused while
  /// a thread still holds it.
  virtual void shutdown() noexcept = 0;

  /// "127.0.0.1:52114"
  virtual std::string peer_address() const = 0;
};

/// Owns a descriptor: closes it in the destructor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  int number() const { return number_; }

 private:
  int number_;
};

/// A stream socket of the kernel's.
std::unique_ptr<Socket> make_socket(Descriptor descriptor, std::string peer_address);

}  // namespace triloop
