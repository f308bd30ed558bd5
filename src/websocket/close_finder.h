/// Finds a Close frame where nobody knows any more where a frame begins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/bytes.h"
#include "websocket/mask.h"

namespace triloop {

/// Behind a violation of the protocol the frames cannot be told apart. But a peer's Close is the
/// last of them: it is there when what has come ends in one.
class CloseFinder {
 public:
  /// What a client sends is masked, and what a server sends is not.
  explicit CloseFinder(Role receiver) : masked_(receiver == Role::server) {}

  /// Takes in what has come. Does it all end in a Close frame now?
  bool finds_in(Bytes bytes) {
    last_.append(bytes.data, bytes.size);
    if (last_.size() > kMostBytes) last_.erase(0, last_.size() - kMostBytes);
    return ends_in_close(last_);
  }

 private:
  // RFC 6455 section 5.2: two bytes, the mask, and no more than 125 bytes.
  static constexpr std::size_t kMaskBytes = 4;
  static constexpr std::size_t kMostBytes = 2 + kMaskBytes + 125;

  bool ends_in_close(std::string_view bytes) const {
    const std::size_t header = masked_ ? 2 + kMaskBytes : 2;
    for (std::size_t at = 0; at + header <= bytes.size(); ++at) {
      const std::size_t length = (masked_ ? 0x80 : 0) + bytes.size() - at - header;
      if (bytes[at] == '\x88' && static_cast<unsigned char>(bytes[at + 1]) == length) return true;
    }
    return false;
  }

  const bool masked_;
  std::string last_;
};

}  // namespace triloop
