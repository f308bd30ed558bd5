#include "deflate.h"

#include <stdexcept>

namespace load {
namespace {

constexpr int kRawWindowBits = -15;  // without zlib's header
constexpr int kMemoryLevel = 8;      // zlib's default
// What ends a flushed block; it is not sent (RFC 7692, 7.2.1).
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string deflated(std::string_view message) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  std::string compressed(deflateBound(&stream, message.size()) + 2 * kTail.size(), '\0');
  stream.next_in = bytes_of(message);
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = bytes_of(compressed);
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_OK) throw std::runtime_error("deflate failed");
  compressed.resize(compressed.size() - kTail.size());
  return compressed;
}

Inflater::Inflater(bool carries_over) : carries_over_(carries_over) {
  if (inflateInit2(&stream_, kRawWindowBits) != Z_OK)
    throw std::runtime_error("inflateInit2 failed");
}

Inflater::~Inflater() { inflateEnd(&stream_); }

std::string_view Inflater::expand(std::string_view payload, std::size_t most_bytes) {
  expanded_.resize(most_bytes + 1);  // the one more tells what is too large
  stream_.next_out = bytes_of(expanded_);
  stream_.avail_out = static_cast<uInt>(expanded_.size());
  for (const std::string_view part : {payload, kTail}) {
    stream_.next_in = bytes_of(part);
    stream_.avail_in = static_cast<uInt>(part.size());
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    // A server may end its stream in each message (BFINAL); the tail is then left over.
    if (result == Z_STREAM_END) {
      inflateReset(&stream_);
      break;
    }
    if (result != Z_OK || stream_.avail_in > 0) {
      throw std::runtime_error("a wrong echo: it cannot be expanded");
    }
  }
  const std::size_t size = expanded_.size() - stream_.avail_out;
  if (!carries_over_) inflateReset(&stream_);
  return std::string_view(expanded_).substr(0, size);
}

}  // namespace load
