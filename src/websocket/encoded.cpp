#include "websocket/encoded.h"

#include "websocket/deflate.h"
#include "websocket/frame.h"
#include "websocket/protocol.h"

namespace triloop {

Encoded::Encoded(const Message& message) : type_(message.type) {
  check_text(message);
  plain_ = frame_header(opcode_of(type_), message.data.size(), /*compressed=*/false);
  header_bytes_ = plain_.size();
  plain_ += message.data;
}

std::string_view Encoded::compressed(int window_bits, int level) const {
  const MutexLock lock(mutex_);
  std::string& frame = compressed_[window_bits];
  if (frame.empty()) {
    DeflateParameters parameters;
    parameters.server_max_window_bits = window_bits;
    parameters.level = level;
    std::string body(payload());
    Deflater(parameters).compress(body);
    frame = frame_header(opcode_of(type_), body.size(), /*compressed=*/true) + body;
  }
  return frame;
}

}  // namespace triloop
