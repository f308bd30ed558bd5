// What a send buffer would send.
#pragma once

#include <string>

#include "websocket/send_buffer.h"

namespace triloop::testing {

/// What is left to be sent, in the order in which it would be.
inline std::string bytes_of(const SendBuffer& buffer) {
  std::string bytes;
  for (std::size_t i = 0; i < buffer.count(); ++i) {
    bytes.append(static_cast<const char*>(buffer.parts()[i].iov_base), buffer.parts()[i].iov_len);
  }
  return bytes;
}

}  // namespace triloop::testing
