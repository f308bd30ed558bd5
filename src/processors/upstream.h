/// A TCP connection to another server.
#pragma once

#include <memory>
#include <system_error>

#include "processors/upstream_address.h"
#include "socket.h"

namespace triloop {

/// Tries each of the host's addresses. Blocks until one takes the connection; freed by `deadline`
/// (not while the name is looked up: that ends after the resolver's own time). nullptr with the
/// last one's `error` if none does.
std::unique_ptr<Socket> connect_to(const UpstreamAddress& address, TimePoint deadline,
                                   std::error_code& error);

}  // namespace triloop
