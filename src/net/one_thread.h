/// What a connection's one thread does with its socket as long as there are no others.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <system_error>

#include "net/socket.h"

namespace triloop {

/// Sends all of it. Blocks while the kernel takes no more; freed by the peer reading, by
/// shutdown(), or by `deadline`. False with an `error` (std::errc::operation_would_block after the
/// deadline). The thread is the socket's only sender.
inline bool send_all(Socket& socket, std::string_view bytes, TimePoint deadline,
                     std::error_code& error) {
  error.clear();
  while (!bytes.empty()) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    bytes.remove_prefix(socket.try_send(&part, 1, error));
    if (!error && !bytes.empty() && (Clock::now() >= deadline || !socket.wait_writable(deadline))) {
      error = std::make_error_code(std::errc::operation_would_block);
    }
    if (error) return false;
  }
  return true;
}

/// Behind a last answer and shutdown_send(): gives the peer a moment to end its side of the stream,
/// and ignores what it says. Closing while it still sends would make TCP reset the connection, and
/// the reset may overtake the answer. Blocks for a second at most; freed by the peer, by
/// shutdown(), or by `deadline`.
inline void await_leaving(Socket& socket, TimePoint deadline) {
  constexpr std::chrono::seconds kMoment{1};
  const TimePoint patience = std::min(deadline, Clock::now() + kMoment);
  std::array<char, 2048> ignored;
  std::error_code error;
  while (Clock::now() < patience &&
         socket.receive(ignored.data(), ignored.size(), patience, error) > 0) {
  }
}

}  // namespace triloop
