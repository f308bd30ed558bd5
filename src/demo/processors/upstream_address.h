/// Where another server is.
#pragma once

#include <string>

namespace triloop {

/// "localhost:6379", "[::1]:6379".
struct UpstreamAddress {
  std::string host;
  std::string port;
};

/// Throws std::invalid_argument if it is none.
UpstreamAddress parse_upstream(const std::string& text);

}  // namespace triloop
