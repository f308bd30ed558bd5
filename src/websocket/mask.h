/// Masking: RFC 6455 section 5.3.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace triloop {

/// Which end of the connection this one is: a client masks what it sends, a server does not (RFC
/// 6455 section 5.1).
enum class Role { server, client };

/// Fills it from the system's random source, getrandom(2). Blocks only while the machine starts and
/// has none yet. Throws std::system_error if the system has no such source.
void fill_random(char* bytes, std::size_t size);

using MaskingKey = std::array<char, 4>;

/// A fresh key for each frame, which nobody can foretell (section 10.3). For one thread.
class MaskingKeys {
 public:
  /// Throws as fill_random().
  MaskingKey next();

 private:
  // One system call for 64 keys; up to 256 bytes it is never interrupted (getrandom(2)).
  std::array<char, 256> drawn_{};
  std::size_t used_ = drawn_.size();
};

/// Masks, in place.
void mask(std::string& bytes, const MaskingKey& key);

}  // namespace triloop
