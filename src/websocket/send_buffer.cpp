#include "websocket/send_buffer.h"

#include <algorithm>

#include "websocket/protocol.h"

namespace triloop {
namespace {

// A payload up to this size is cheaper to copy than to be a part of its own.
constexpr std::size_t kShortBytes = 1024;

// Memory that a connection may keep until its next frames.
constexpr std::size_t kKeptBytes = 8 * 1024;

}  // namespace

void SendBuffer::load(std::vector<Frame>& frames) {
  copied_.clear();
  parts_.clear();
  next_ = 0;
  for (Frame& frame : frames) {
    if (protocol_.shares(frame)) {
      add(protocol_.form_of(*frame.encoded));
    } else {
      copy(protocol_.encode_header(frame));
      add(frame.payload);
    }
  }
  // Only now does what was copied stay where it is.
  char* position = copied_.data();
  for (iovec& part : parts_) {
    if (part.iov_base != nullptr) continue;
    part.iov_base = position;
    position += part.iov_len;
  }
}

void SendBuffer::add(std::string_view bytes) {
  if (bytes.size() <= kShortBytes) return copy(bytes);
  parts_.push_back({const_cast<char*>(bytes.data()), bytes.size()});
}

// Bytes behind each other are one part, which gets its address when all is copied.
void SendBuffer::copy(std::string_view bytes) {
  copied_ += bytes;
  if (parts_.empty() || parts_.back().iov_base != nullptr) parts_.push_back({nullptr, 0});
  parts_.back().iov_len += bytes.size();
}

void SendBuffer::remove_prefix(std::size_t bytes) {
  while (bytes > 0) {
    iovec& first = parts_[next_];
    const std::size_t taken = std::min(bytes, first.iov_len);
    first.iov_base = static_cast<char*>(first.iov_base) + taken;
    first.iov_len -= taken;
    bytes -= taken;
    if (first.iov_len == 0) ++next_;
  }
  if (is_empty() && copied_.capacity() > kKeptBytes) std::string().swap(copied_);
}

}  // namespace triloop
