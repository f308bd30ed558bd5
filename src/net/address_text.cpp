#include "net/address_text.h"

#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace triloop {

std::string to_text(const sockaddr_storage& address, socklen_t size) {
  if (address.ss_family == AF_UNIX) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(address);
    const std::size_t bytes = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
    return "unix:" + std::string(name.sun_path, ::strnlen(name.sun_path, bytes));
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                    port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const std::string text = host.data();
  return (address.ss_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port.data();
}

}  // namespace triloop
