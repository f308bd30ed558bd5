#include "gather.h"

#include <algorithm>

#include "ws_protocol.h"

namespace triloop {
namespace {

// A server's frame header, section 5.2: 2 bytes and an extended length of up to 8, no mask.
constexpr std::size_t kMostHeaderBytes = 10;

// A payload up to this size is cheaper to copy than to be a part of its own.
constexpr std::size_t kShortBytes = 1024;

}  // namespace

Gather::Gather(std::vector<Frame>& frames, WsProtocol& protocol) {
  const auto is_short = [](const Frame& frame) { return frame.payload.size() <= kShortBytes; };
  std::vector<std::string> headers;
  headers.reserve(frames.size());
  std::size_t size = 0;
  for (Frame& frame : frames) {
    headers.push_back(protocol.encode_header(frame));  // which may compress the payload
    size += kMostHeaderBytes + (is_short(frame) ? frame.payload.size() : 0);
  }
  short_.reserve(size);
  parts_.reserve(2 * frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string& payload = frames[i].payload;
    const std::size_t start = short_.size();
    short_ += headers[i];
    if (is_short(frames[i])) short_ += payload;
    add(short_.data() + start, short_.size() - start);
    if (!is_short(frames[i])) add(payload.data(), payload.size());
  }
}

// Lengthens the last part if the new one lies right behind it.
void Gather::add(const char* data, std::size_t size) {
  char* const begin = const_cast<char*>(data);  // iovec is for reading as well, and so not const
  if (!parts_.empty()) {
    iovec& last = parts_.back();
    if (static_cast<char*>(last.iov_base) + last.iov_len == begin) {
      last.iov_len += size;
      return;
    }
  }
  parts_.push_back({begin, size});
}

void Gather::remove_prefix(std::size_t bytes) {
  while (bytes > 0) {
    iovec& first = parts_[next_];
    const std::size_t taken = std::min(bytes, first.iov_len);
    first.iov_base = static_cast<char*>(first.iov_base) + taken;
    first.iov_len -= taken;
    bytes -= taken;
    if (first.iov_len == 0) ++next_;
  }
}

}  // namespace triloop
