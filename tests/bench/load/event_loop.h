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
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void add(int socket, std::uint32_t epoll_events, Source& source);
  void change(int socket, std::uint32_t epoll_events, Source& source);

  /// Handles events until the deadline, or until `is_done` says so, which is what is returned.
  bool run_until(Nanoseconds deadline, const std::function<bool()>& is_done);
  void run_until(Nanoseconds deadline);

  /// Where sources receive into: one place for all, since nothing stays there between two events.
  std::vector<char>& receive_buffer() { return receive_buffer_; }

 private:
  const int epoll_;
  std::vector<char> receive_buffer_;
};

}  // namespace load
