/// Finds a Close frame where nobody knows any more where a frame begins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/bytes.h"

namespace triloop {

/// Behind a violation of the protocol the frames cannot be told apart. But a peer's Close is the
/// last of them: it is there when what has come ends in one.
class CloseFinder {
 public:
  /// Takes in what has come. Does it all end in a masked Close frame now?
  bool finds_in(Bytes bytes) {
    last_.append(bytes.data, bytes.size);
    if (last_.size() > kMostBytes) last_.erase(0, last_.size() - kMostBytes);
    return ends_in_close(last_);
  }

 private:
  // RFC 6455 section 5.2: two bytes, the mask, and no more than 125 bytes.
  static constexpr std::size_t kMaskBytes = 4;
  static constexpr std::size_t kMostBytes = 2 + kMaskBytes + 125;

  static bool ends_in_close(std::string_view bytes) {
    for (std::size_t at = 0; at + 2 + kMaskBytes <= bytes.size(); ++at) {
      const std::size_t payload = bytes.size() - at - 2 - kMaskBytes;
      if (bytes[at] == '\x88' && static_cast<unsigned char>(bytes[at + 1]) == (0x80 | payload))
        return true;
    }
    return false;
  }

  std::string last_;
};

}  // namespace triloop
