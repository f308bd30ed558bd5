#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace load {

using Nanoseconds = std::uint64_t;
Nanoseconds now();
constexpr Nanoseconds kSecond = 1'000'000'000;

/// What has a socket in the loop.
class Source {
 public:
  virtual ~Source() = default;
  virtual void on_events(std::uint32_t epoll_events) = 0;
};

/// epoll, level-triggered, for the one thread of this program.
class EventLoop {
 public:
  /// `receive_bytes`: at most, in one call. `socket_buffer`: of each direction of each socket; 0 is
  /// what the kernel gives.
  EventLoop(std::size_t receive_bytes, std::size_t socket_buffer);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void add(int socket, std::uint32_t epoll_events, Source& source);
  void change(int socket, std::uint32_t epoll_events, Source& source);

  /// Handles events until the deadline, or until `is_done` says so, which is what is returned.
  bool run_until(Nanoseconds deadline, const std::function<bool()>& is_done);
  void run_until(Nanoseconds deadline);

  /// Where sources receive into: one place for all, since nothing stays there between two events.
  /// Larger than what is received by what may be left of the receive before.
  std::vector<char>& receive_buffer() { return receive_buffer_; }
  std::size_t receive_bytes() const { return receive_bytes_; }
  std::size_t socket_buffer() const { return socket_buffer_; }

 private:
  const int epoll_;
  const std::size_t receive_bytes_;
  const std::size_t socket_buffer_;
  std::vector<char> receive_buffer_;
};

}  // namespace load
