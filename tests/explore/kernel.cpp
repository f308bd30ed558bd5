#include "kernel.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "net/event.h"
#include "scheduler.h"
#include "server/listener.h"
#include "triloop/options.h"
#include "websocket/wall_clock.h"

namespace explore {
namespace {

Kernel* g_kernel = nullptr;

}  // namespace

Kernel::Kernel() {
  g_kernel = this;
  name(*this, "kernel");
  stands_for_the_kernel(*this);
}
Kernel::~Kernel() { g_kernel = nullptr; }

void Kernel::connect(std::unique_ptr<triloop::Socket> socket) {
  const triloop::MutexLock lock(mutex_);
  backlog_.push_back(std::move(socket));
  changed_.notify_all();
}

void Kernel::await_closed(int count) {
  const triloop::MutexLock lock(mutex_);
  while (closed_ < count) changed_.wait(mutex_);
}

void Kernel::fail_accepts(int error, int times, int after) {
  const triloop::MutexLock lock(mutex_);
  accept_errors_.insert(accept_errors_.end(), static_cast<std::size_t>(after), 0);
  accept_errors_.insert(accept_errors_.end(), static_cast<std::size_t>(times), error);
}

void Kernel::fail_poll(int error) {
  const triloop::MutexLock lock(mutex_);
  poll_error_ = error;
  changed_.notify_all();
}

int Kernel::open_event() {
  const int descriptor = static_cast<int>(events_.size());
  events_[descriptor] = 0;
  return descriptor;
}

void Kernel::signal(int descriptor) {
  const triloop::MutexLock lock(mutex_);
  ++events_[descriptor];
  changed_.notify_all();
}

std::uint64_t Kernel::take(int descriptor) {
  const triloop::MutexLock lock(mutex_);
  return std::exchange(events_[descriptor], 0);
}

std::unique_ptr<triloop::Socket> Kernel::accept(std::error_code& error) {
  const triloop::MutexLock lock(mutex_);
  if (!accept_errors_.empty()) {
    error.assign(accept_errors_.front(), std::generic_category());
    accept_errors_.pop_front();
    if (error) return nullptr;
  }
  if (backlog_.empty()) return nullptr;
  auto socket = std::move(backlog_.front());
  backlog_.pop_front();
  return socket;
}

void Kernel::close_listener() {
  std::deque<std::unique_ptr<triloop::Socket>> waiting;  // they say that they are closed: no lock
  const triloop::MutexLock lock(mutex_);
  waiting.swap(backlog_);
}

void Kernel::count_closed() {
  const triloop::MutexLock lock(mutex_);
  ++closed_;
  changed_.notify_all();
}

bool Kernel::is_ready(int descriptor) const {
  if (descriptor == kListener) return !backlog_.empty();
  const auto event = events_.find(descriptor);
  return event != events_.end() && event->second > 0;
}

int Kernel::poll(pollfd* events, std::size_t count, triloop::TimePoint deadline) {
  const triloop::MutexLock lock(mutex_);
  for (;;) {
    if (poll_error_ != 0) return -std::exchange(poll_error_, 0);
    int ready = 0;
    for (std::size_t i = 0; i < count; ++i) {
      events[i].revents = is_ready(events[i].fd) ? POLLIN : 0;
      if (events[i].revents != 0) ++ready;
    }
    if (ready > 0 || !changed_.wait_until(mutex_, deadline)) return ready;
  }
}

}  // namespace explore

int poll(pollfd* events, unsigned long count, int timeout_ms) {
  const auto deadline = timeout_ms < 0
                            ? triloop::kNever
                            : triloop::Clock::now() + std::chrono::milliseconds(timeout_ms);
  const int ready = explore::g_kernel->poll(events, count, deadline);
  if (ready >= 0) return ready;
  errno = -ready;
  return -1;
}

namespace triloop {

std::time_t wall_clock() { return 0; }

Event::Event() : descriptor_(explore::g_kernel->open_event()) {}
Event::~Event() = default;
void Event::signal() noexcept { explore::g_kernel->signal(descriptor_); }
std::uint64_t Event::take() noexcept { return explore::g_kernel->take(descriptor_); }

struct Listener::Impl {};
Listener::Listener(const Options& options) : port_(options.port) {}
Listener::~Listener() = default;
void Listener::begin() {}
Accepted Listener::accept(std::error_code& error) {
  error.clear();
  return {explore::g_kernel->accept(error)};
}
bool Listener::close() {
  explore::g_kernel->close_listener();
  return false;
}
int Listener::descriptor() const { return explore::Kernel::kListener; }

}  // namespace triloop
