#include "token.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "hex.h"

namespace triloop {
namespace {

constexpr std::size_t kTokenBytes = 16;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string new_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "getentropy");
  }
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_token(const std::string& text) {
  return text.size() == 2 * kTokenBytes && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_same_token(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return differs == 0;
}

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/. It has to be the same on each server.
std::string sender_of(const std::string& token_and_name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : token_and_name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hex({reinterpret_cast<const char*>(&hash), sizeof hash});
}

}  // namespace triloop
