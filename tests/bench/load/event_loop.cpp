#include "event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace load {
namespace {

// A compressed message and its head, and a record of TLS.
constexpr std::size_t kMostLeftBytes = (128 + 16) << 10;
constexpr std::size_t kEventsAtOnce = 256;
constexpr Nanoseconds kMillisecond = kSecond / 1000;

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::system_category(), call);
}

}  // namespace

Nanoseconds now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<Nanoseconds>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
}

EventLoop::EventLoop(std::size_t receive_bytes, std::size_t socket_buffer)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      receive_bytes_(receive_bytes),
      socket_buffer_(socket_buffer),
      receive_buffer_(receive_bytes + kMostLeftBytes) {
  if (epoll_ < 0) fail("epoll_create1");
}

EventLoop::~EventLoop() { ::close(epoll_); }

void EventLoop::add(int socket, std::uint32_t epoll_events, Source& source) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = &source;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl add");
}

void EventLoop::change(int socket, std::uint32_t epoll_events, Source& source) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = &source;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0) fail("epoll_ctl change");
}

bool EventLoop::run_until(Nanoseconds deadline, const std::function<bool()>& is_done) {
  std::array<epoll_event, kEventsAtOnce> events;
  while (!is_done()) {
    const Nanoseconds time = now();
    if (time >= deadline) return false;
    const Nanoseconds left = (deadline - time + kMillisecond - 1) / kMillisecond;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(left));
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    // A source closes and reopens its own socket only, so none of these events is another's.
    for (int i = 0; i < count; ++i) {
      static_cast<Source*>(events[static_cast<std::size_t>(i)].data.ptr)
          ->on_events(events[static_cast<std::size_t>(i)].events);
    }
  }
  return true;
}

void EventLoop::run_until(Nanoseconds deadline) {
  run_until(deadline, [] { return false; });
}

}  // namespace load
