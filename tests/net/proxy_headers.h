// PROXY headers, as proxies write them.
#pragma once

#include <cstddef>
#include <string>

namespace triloop::testing {

/// Version 2: the 13th and 14th byte, and what stands behind the length.
inline std::string binary_header(int command, int family, const std::string& block) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(block.size() >> 8);
  header += static_cast<char>(block.size() & 0xff);
  return header + block;
}

/// 203.0.113.9:51514 to 192.0.2.1:443.
inline std::string ipv4_block() { return {"\xcb\x00\x71\x09\xc0\x00\x02\x01\xc9\x3a\x01\xbb", 12}; }

/// [2001:db8::9]:51514 to [2001:db8::1]:443.
inline std::string ipv6_block() {
  const std::string beginning("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0", 15);
  return beginning + '\x09' + beginning + '\x01' + std::string("\xc9\x3a\x01\xbb", 4);
}

}  // namespace triloop::testing
