// How the fuzzers cut their input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace triloop::fuzzing {

/// The first byte of an input is not for the server: it says how the rest is cut into pieces.
/// 0 is byte by byte; others seed a row of pieces of 1 to 64 bytes.
class Cutter {
 public:
  explicit Cutter(std::uint8_t seed) : seed_(seed), state_(seed) {}

  std::size_t next() {
    if (seed_ == 0) return 1;
    state_ = state_ * 1103515245 + 12345;
    const std::uint32_t random = state_ >> 16;
    return 1 + random % (random % 3 == 0 ? 64 : 5);
  }

 private:
  const std::uint32_t seed_;
  std::uint32_t state_;
};

/// Ends the fuzzer's run with a finding.
[[noreturn]] inline void finding(const char* what, const std::string& a = {},
                                 const std::string& b = {}) {
  // A payload may be long, or not fit for a terminal: the input that is kept says it all.
  std::fprintf(stderr, "finding: %s\n  %.200s\n  %.200s\n", what, a.c_str(), b.c_str());
  std::abort();
}

inline void demand(bool good, const char* what) {
  if (!good) finding(what);
}

}  // namespace triloop::fuzzing
