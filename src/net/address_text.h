/// Addresses of sockets as text.
#pragma once

#include <sys/socket.h>

#include <string>

namespace triloop {

/// "127.0.0.1:52114", "[::1]:52114", "unix:/run/triloop.sock". Looks nothing up.
std::string to_text(const sockaddr_storage& address, socklen_t size);

}  // namespace triloop
