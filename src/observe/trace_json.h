/// Rings as JSON: the Chrome trace event format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observe/trace_ring.h"

namespace triloop::trace {

/// Bytes on their way into a file. Safe in a signal handler: write(2) and nothing else.
class Output {
 public:
  explicit Output(int file) : file_(file) {}

  Output& operator<<(char c) noexcept;
  Output& operator<<(std::string_view text) noexcept;
  Output& operator<<(std::uint64_t number) noexcept;
  /// Nanoseconds as microseconds: 1234.567
  Output& micros(std::int64_t nanoseconds) noexcept;
  /// As a JSON string, in quotes; what is no UTF-8 becomes U+FFFD.
  Output& quoted(std::string_view text) noexcept;

  /// Sends what is left. False if the file has not taken all so far; then it takes no more.
  bool flush() noexcept;

 private:
  static constexpr std::size_t kBytes = 64 * 1024;

  const int file_;
  bool good_ = true;
  std::size_t used_ = 0;
  std::array<char, kBytes> buffer_;
};

/// Some rings, and what to say about them.
struct Rings {
  const Ring* rings = nullptr;
  Ring::Copy* copies = nullptr;  ///< as many: room to work in
  std::size_t count = 0;
  std::int64_t began = 0;  ///< ns of the clock: the file's zero
  std::uint64_t threads_left_out = 0;
};

/// What stands in the file until there is more.
constexpr std::string_view kEmptyTrace = "{\"traceEvents\":[]}\n";

/// Writes all that is in the rings. Safe in a signal handler, and while other threads run.
void write_json(Output& out, const Rings& all) noexcept;

}  // namespace triloop::trace
