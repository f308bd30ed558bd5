/// Addresses of Unix sockets, unix(7).
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

namespace triloop {

/// Where a socket can be listened at: it is made under another name in the same folder, PATH.new,
/// and then gets its own.
constexpr std::size_t kMostUnixPathBytes = sizeof(sockaddr_un::sun_path) - sizeof ".new";
static_assert(kMostUnixPathBytes == 103, "options.h, docs/operations.md and what errors say");

/// Of a path that is short enough; a longer one is cut off.
inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace triloop
