/// The rings of one trace, and the file that they go to.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "observe/trace.h"
#include "observe/trace_json.h"
#include "observe/trace_ring.h"

namespace triloop::trace {

/// Gives rings to threads, and writes them all down. It is never destroyed: whoever has seen it may
/// come back to it at any time.
///
/// Thread safety: any thread may call anything.
class Recorder {
 public:
  /// `before` is the recorder of an earlier trace.
  Recorder(int file, const Limits& limits, const Recorder* before);

  /// A ring for a new track: one that was never used, or the one whose track ended first. Null if
  /// all are in use.
  Ring* claim(std::uint64_t order, const Ring::Name& name) noexcept TRILOOP_EXCLUDES(mutex_);
  /// The track is over. What is in it stays until the ring is claimed again.
  void give_back(Ring* ring) noexcept TRILOOP_EXCLUDES(mutex_);

  /// Where a signal handler can run when its thread has no stack left.
  stack_t crash_stack_of(const Ring* ring) noexcept;

  /// Writes the file; once. Safe in a signal handler.
  void write() noexcept;
  void write_empty() noexcept;
  void close() noexcept;

 private:
  static constexpr std::uint64_t kNeverUsed = 0;
  static constexpr std::uint64_t kInUse = UINT64_MAX;

  std::size_t index_of(const Ring* ring) const;

  // Constant after construction.
  const int file_;
  [[maybe_unused]] const Recorder* const before_;  // or it would be a leak
  const std::int64_t began_ = nanoseconds(GaugeClock::now());
  const std::unique_ptr<Atomic<std::uint64_t>[]> words_;  // of all rings
  const std::unique_ptr<Ring[]> rings_;
  const std::unique_ptr<char[]> crash_stacks_;

  Gauge<std::uint64_t> left_out_;

  Mutex mutex_;
  std::vector<std::uint64_t> ended_ TRILOOP_GUARDED_BY(mutex_);  // when, in the order of ends_
  std::uint64_t tracks_ TRILOOP_GUARDED_BY(mutex_) = 0;
  std::uint64_t ends_ TRILOOP_GUARDED_BY(mutex_) = 0;

  // Whoever writes only.
  std::vector<Ring::Copy> copies_;
  Output output_;
};

}  // namespace triloop::trace
