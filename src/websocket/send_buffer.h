/// Frames made ready for one vectored send.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "websocket/frame.h"

namespace triloop {

class WsProtocol;

/// The bytes of some frames as sendmsg(2) takes them: headers and short payloads side by side in a
/// piece of memory that is used again and again, long payloads from where they are. One thread.
class SendBuffer {
 public:
  /// At most so many frames in one load(): their parts, two each, are half of what one call takes
  /// (IOV_MAX, sendmsg(2)).
  static constexpr std::size_t kMostFrames = 256;

  explicit SendBuffer(WsProtocol& protocol) : protocol_(protocol) {}
  SendBuffer(const SendBuffer&) = delete;
  SendBuffer& operator=(const SendBuffer&) = delete;

  /// Encodes `frames`: payloads may be compressed and masked in place, and must stay where they are
  /// until all is sent.
  void load(std::vector<Frame>& frames);

  bool is_empty() const { return next_ == parts_.size(); }
  const iovec* parts() const { return parts_.data() + next_; }
  std::size_t count() const { return parts_.size() - next_; }

  /// `bytes` of it have been sent.
  void remove_prefix(std::size_t bytes);

 private:
  void add(std::string_view bytes);
  void copy(std::string_view bytes);

  WsProtocol& protocol_;
  std::string copied_;
  std::vector<iovec> parts_;
  std::size_t next_ = 0;  // the first part of which there is something left
};

}  // namespace triloop
