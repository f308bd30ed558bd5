/// A TCP connection to another server.
#pragma once

#include <chrono>
#include <memory>
#include <system_error>

#include "processors/upstream_address.h"
#include "socket.h"
#include "triloop/close_latch.h"

namespace triloop {

/// Between looks at a latch, for no call waits for a socket and a latch at once.
constexpr std::chrono::milliseconds kGlance{100};

/// Tries each of the host's addresses. Blocks until one takes the connection; freed by `over` or by
/// `deadline` (not while the name is looked up: that ends after the resolver's own time). nullptr
/// with the last one's `error` if none does.
std::unique_ptr<Socket> connect_to(const UpstreamAddress& address, TimePoint deadline,
                                   const CloseLatch& over, std::error_code& error);

}  // namespace triloop
