/// Frames made ready for one vectored send.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <vector>

#include "triloop/frame.h"

namespace triloop {

class WsProtocol;

/// The bytes of some frames as sendmsg(2) takes them: headers and short payloads side by side in
/// one piece of memory, long payloads where they are. Refers to the frames, which stay where they
/// are meanwhile. One thread.
class Gather {
 public:
  /// At most so many frames: two parts each make what one call takes (IOV_MAX, sendmsg(2)).
  static constexpr std::size_t kMostFrames = 256;

  Gather(std::vector<Frame>& frames, WsProtocol& protocol);
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  bool is_empty() const { return next_ == parts_.size(); }
  const iovec* parts() const { return parts_.data() + next_; }
  std::size_t count() const { return parts_.size() - next_; }

  /// `bytes` of it have been sent.
  void remove_prefix(std::size_t bytes);

 private:
  void add(const char* data, std::size_t size);

  std::string short_;  // its size never passes what it was reserved for: parts_ points into it
  std::vector<iovec> parts_;
  std::size_t next_ = 0;
};

}  // namespace triloop
