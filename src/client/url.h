/// Where a client goes: RFC 6455 section 3.
#pragma once

#include <string>

namespace triloop {

struct Url {
  bool secure = false;    ///< wss
  std::string host;       ///< "localhost", "192.0.2.1", "fe80::1%eth0": for getaddrinfo(3)
  std::string port;       ///< "80"
  std::string authority;  ///< for the Host header: "[::1]:7777"
  std::string target;     ///< path and query, never empty
};

/// Throws std::invalid_argument, which says what is wrong with it.
Url parse_url(const std::string& text);

}  // namespace triloop
