/// A TCP connection to another server.
#pragma once

#include <memory>
#include <string>

#include "socket.h"

namespace triloop {

/// "localhost:6379", "[::1]:6379".
struct UpstreamAddress {
  std::string host;
  std::string port;
};

/// Throws std::invalid_argument if it is none.
UpstreamAddress parse_upstream(const std::string& text);

/// Tries each of the host's addresses. Blocks until one takes the connection; freed by `deadline`
/// (not while the name is looked up: that ends after the resolver's own time). nullptr with the
/// last one's `error` if none does.
std::unique_ptr<Socket> connect_to(const UpstreamAddress& address, TimePoint deadline,
                                   std::error_code& error);

}  // namespace triloop
