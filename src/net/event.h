/// A wake-up call for a thread that sleeps in poll(2).
#pragma once

#include <cstdint>

namespace triloop {

/// A counter that poll(2) can wait for: an eventfd(2).
///
/// Thread safety: any thread may call anything; signal() also a signal handler.
class Event {
 public:
  /// Throws std::system_error if the process has no descriptor left.
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Adds one. Never blocks.
  void signal() noexcept;

  /// How many signals came since the last call. Never blocks.
  std::uint64_t take() noexcept;

  /// Readable while there are signals.
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace triloop
