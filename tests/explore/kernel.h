// What the server uses of the kernel: a backlog, two eventfds, poll(2), the date. Here the
// scheduler sees them.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "socket.h"
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

  // -- What the fakes call
  int open_event();
  void signal(int descriptor);
  std::uint64_t take(int descriptor);
  std::unique_ptr<triloop::Socket> accept();
  void close_listener();
  // The descriptors that are ready are set; returns how many. Blocks until there is one, or until
  // `deadline`.
  int poll(pollfd* events, std::size_t count, triloop::TimePoint deadline);

  static constexpr int kListener = 100;

 private:
  bool is_ready(int descriptor) const;

  triloop::Mutex mutex_;
  triloop::CondVar changed_;
  std::map<int, std::uint64_t> events_;
  std::deque<std::unique_ptr<triloop::Socket>> backlog_;
};

}  // namespace explore
