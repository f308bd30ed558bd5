/// Finds a Close frame where nobody knows any more where a frame begins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/bytes.h"
#include "websocket/mask.h"
#include "websocket/utf8_stream.h"

namespace triloop {

/// Behind a violation of the protocol the frames cannot be told apart. But a peer's Close is the
/// last of them: it is there when what has come ends in one. Of a message that is too large
/// anything may come, and any of it may look so; therefore its code and reason are looked at, too.
/// What is left, a frame without a code, random bytes end in once in 65 536 receives.
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
      if (bytes[at] == '\x88' && static_cast<unsigned char>(bytes[at + 1]) == length &&
          may_be_said(payload(bytes.substr(at + 2)))) {
        return true;
      }
    }
    return false;
  }

  std::string payload(std::string_view behind_length) const {
    if (!masked_) return std::string(behind_length);
    MaskingKey key;
    behind_length.copy(key.data(), key.size());
    std::string payload(behind_length.substr(key.size()));
    mask(payload, key);
    return payload;
  }

  // Section 7.4. Some peers answer with one of those that may not be sent, 1005 perhaps.
  static bool may_be_said(std::string_view payload) {
    if (payload.size() < 2) return payload.empty();
    const int code =
        static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    return code >= 1000 && code < 5000 && is_utf8(payload.substr(2));
  }

  const bool masked_;
  std::string last_;
};

}  // namespace triloop
