/// What proves something: signatures, and names that nobody guesses. OpenSSL does the work.
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

inline std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

/// 128 bits from the system's random source.
inline std::string random_name() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw std::runtime_error("no random bytes");
  return hex(bytes.data(), bytes.size());
}

/// HMAC-SHA-256 (RFC 2104): only who has the key can make it, or check it.
inline std::string mac(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, text.size(), bytes.data(),
           &size) == nullptr) {
    throw std::runtime_error("no HMAC");
  }
  return hex(bytes.data(), size);
}

/// In a time that does not tell where they differ, as == would: who can measure that finds a
/// signature digit by digit.
inline bool is_same(const std::string& one, const std::string& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

/// "ann.1790000000.9f86d0...": who it is, until when (seconds since 1970), and the proof of both.
inline std::string sign(const std::string& key, const std::string& name, std::int64_t until) {
  const std::string text = name + '.' + std::to_string(until);
  return text + '.' + mac(key, text);
}

/// The name in what sign() has made; nullopt if somebody else has made it, or it is too old.
inline std::optional<std::string> signed_name(const std::string& key, const std::string& text,
                                              std::int64_t now) {
  const std::size_t proof = text.rfind('.');
  if (proof == std::string::npos) return std::nullopt;
  if (!is_same(text.substr(proof + 1), mac(key, text.substr(0, proof)))) return std::nullopt;
  // From here on it is what sign() has written, and may be believed.
  const std::size_t until = text.rfind('.', proof - 1);
  if (std::stoll(text.substr(until + 1)) <= now) return std::nullopt;
  return text.substr(0, until);
}
