// What the server uses of the kernel: a backlog, two eventfds, poll(2), the date. Here the
// scheduler sees them.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <system_error>

#include "net/socket.h"
#include "triloop/sync.h"

namespace explore {

// One for each schedule. Event, Listener and poll() find it by themselves (kernel.cpp).
class Kernel {
 public:
  Kernel();
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // A connection waits to be accepted.
  void connect(std::unique_ptr<triloop::Socket> socket);

  // Until `count` sockets have been closed, accepted or not.
  void await_closed(int count);

  // Accepting fails so many times, as when no descriptor is left; but not the next `after` times.
  void fail_accepts(int error, int times = 1, int after = 0);

  // The poll() that is going on fails, or else the next one.
  void fail_poll(int error);

  // -- What the fakes call
  int open_event();
  void signal(int descriptor);
  std::uint64_t take(int descriptor);
  std::unique_ptr<triloop::Socket> accept(std::error_code& error);
  void close_listener();
  void count_closed();
  // The descriptors that are ready are set; returns how many, or a negative error. Blocks until
  // there is one, or until `deadline`.
  int poll(pollfd* events, std::size_t count, triloop::TimePoint deadline);

  static constexpr int kListener = 100;

 private:
  bool is_ready(int descriptor) const;

  triloop::Mutex mutex_;
  triloop::CondVar changed_;
  std::map<int, std::uint64_t> events_;
  std::deque<std::unique_ptr<triloop::Socket>> backlog_;
  std::deque<int> accept_errors_;  // of the next ones; 0: none
  int poll_error_ = 0;
  int closed_ = 0;
};

}  // namespace explore
