#include "websocket/mask.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace triloop {

void fill_random(char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t drawn = ::getrandom(bytes, size, 0);
    if (drawn < 0 && errno == EINTR) continue;
    if (drawn < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes += drawn;
    size -= static_cast<std::size_t>(drawn);
  }
}

MaskingKey MaskingKeys::next() {
  if (used_ == drawn_.size()) {
    fill_random(drawn_.data(), drawn_.size());
    used_ = 0;
  }
  MaskingKey key;
  std::memcpy(key.data(), drawn_.data() + used_, key.size());
  used_ += key.size();
  return key;
}

// Words at a time, of which the compiler makes vectors; as in codec.h, where it is undone.
void mask(std::string& bytes, const MaskingKey& key) {
  std::uint64_t twice = 0;
  std::memcpy(&twice, key.data(), key.size());
  std::memcpy(reinterpret_cast<char*>(&twice) + key.size(), key.data(), key.size());
  char* const data = bytes.data();
  std::size_t at = 0;
  for (; at + sizeof twice <= bytes.size(); at += sizeof twice) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    word ^= twice;
    std::memcpy(data + at, &word, sizeof word);
  }
  for (; at < bytes.size(); ++at) data[at] = static_cast<char>(data[at] ^ key[at % key.size()]);
}

}  // namespace triloop
