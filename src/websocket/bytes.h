/// Received bytes, on their way through the decoders.
#pragma once

#include <cstddef>

namespace triloop {

/// Received bytes, still to be decoded. Decoding takes from the front, and unmasks in place.
struct Bytes {
  char* data = nullptr;
  std::size_t size = 0;

  void skip(std::size_t count) {
    data += count;
    size -= count;
  }
};

}  // namespace triloop
