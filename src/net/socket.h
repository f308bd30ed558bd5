/// The narrow seam through which the loops reach the network.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "triloop/sync.h"

namespace triloop {

/// What a socket was given to send, and where it is.
struct Delivery {
  std::uint64_t sent = 0;          ///< bytes that try_send() has taken so far
  std::uint64_t acknowledged = 0;  ///< of them: the peer's kernel has them, its program perhaps not
  bool broken = false;             ///< the connection has been reset: nothing moves any more

  bool is_complete() const { return acknowledged == sent; }
};

/// A connected stream: open() before all else; receive() and try_send(), with what each waits for;
/// two ends, of one direction and of both; and delivery(), how far the peer is. Tests put their own
/// in its place, and what lies between the kernel and the connection (src/net) decorates one.
///
/// Thread safety: open() comes before any other thread has it, but for one that may shutdown();
/// receive() and expect_waits() belong to one thread, try_send(), wait_writable(), flush() and
/// shutdown_send() to one other; shutdown() and delivery() to any. nudge_with() comes between
/// open() and the first of those two; what tells of the peer is constant once open() has returned.
class Socket {
 public:
  virtual ~Socket() = default;

  /// What has to be agreed on before the first byte of HTTP; a plain socket has nothing. Blocks
  /// until it is; freed by the peer, by shutdown(), or by `deadline`. Called once, before
  /// anything is received or sent; after an `error` nothing may be.
  virtual void open(TimePoint /*deadline*/, std::error_code& error) { error.clear(); }

  /// Receives at least one byte. Blocks until there is one; freed by the peer, by shutdown() from
  /// another thread, or by `deadline`. 0 at the end of the stream (`error` clear) or on an error
  /// (std::errc::operation_would_block after the deadline; timed_out is the kernel's own, tcp(7)).
  virtual std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                              std::error_code& error) = 0;

  /// From now on most deadlines of receive() lie about `ahead`: then each costs no system call of
  /// its own.
  virtual void expect_waits(std::chrono::milliseconds /*ahead*/) {}

  /// Sends as much of `count` parts, one behind the other, as the kernel takes; no more than
  /// IOV_MAX parts (sendmsg(2)). Never blocks. 0 with `error` clear if it takes nothing now. Bytes
  /// that were not taken come first in the next call: a decorator may have them in its hand by
  /// then, and in another form.
  virtual std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) = 0;

  /// Blocks until try_send() is worth another try; freed by the peer reading, by shutdown(), or by
  /// `deadline`. False after the deadline.
  virtual bool wait_writable(TimePoint deadline) = 0;

  /// How far it has come. Never blocks. While another thread sends, `acknowledged` may be too low,
  /// never too high.
  virtual Delivery delivery() const = 0;

  /// Tells the peer that nothing more comes. Never blocks: what it cannot say at once waits for
  /// flush(), and delivery() is not complete before.
  virtual void shutdown_send() noexcept = 0;

  /// Tries again to send what the socket itself has to say. Never blocks. The thread of try_send().
  virtual void flush() noexcept {}

  /// A socket may have words of its own to say to what it receives, and only the thread of
  /// try_send() sends: `nudge` is called by receive() if that should call try_send() soon, be it
  /// with one byte. To be set before there is such a thread: until then receive() may send itself.
  virtual void nudge_with(const std::function<void()>& /*nudge*/) {}

  /// Ends both directions and wakes whoever blocks in this object. Never blocks; any number of
  /// times. The descriptor stays open until the destructor, so its number cannot be reused while
  /// a thread still holds it.
  virtual void shutdown() noexcept = 0;

  /// "127.0.0.1:52114". Constant once open() has returned.
  virtual std::string peer_address() const = 0;

  /// Whose certificate the peer has shown, see Request. Constant once open() has returned.
  virtual std::string certificate_subject() const { return {}; }
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
