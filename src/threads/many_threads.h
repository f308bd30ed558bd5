/// What the kernel is told about a process with many threads that hand things to each other.
#pragma once

#include <chrono>
#include <cstddef>

namespace triloop {

/// Tells the kernel that so many threads of this process may wait for each other at a time.
///
/// Since Linux 6.16 a process finds its waiting threads in a hash table of its own, of a size that
/// fits its cores: a few slots for 30 000 threads, so that each wake walks along a list of
/// thousands. Does nothing on an older kernel, and no harm where it fails. The table stays as large
/// as the largest call has made it. One call at a time.
void reserve_futex_slots(std::size_t threads) noexcept;

/// Gives the kernel back what the calling thread's stack holds below its caller, but for so many
/// bytes: for a thread that has been deeper than it is going to wait. Who goes as deep again finds
/// fresh pages. Does nothing on a stack that is not the thread's own, nor on that of main().
void give_back_stack_below(std::size_t kept_bytes = 0) noexcept;

/// While this lives, the calling thread's timed waits may be late by `slack` (PR_SET_TIMERSLACK,
/// 50 us by default), so that the kernel can wake many threads with one interrupt.
class RelaxedTimers {
 public:
  explicit RelaxedTimers(std::chrono::nanoseconds slack);
  ~RelaxedTimers();
  RelaxedTimers(const RelaxedTimers&) = delete;
  RelaxedTimers& operator=(const RelaxedTimers&) = delete;
};

/// While this lives the calling thread runs as SCHED_BATCH, sched(7), and the threads that it
/// starts inherit that for good.
///
/// Such a thread, when it is woken, does not push another off its core; least of all the one that
/// woke it, which may have more to hand over. So batches stay whole. Where it cannot be set, or
/// where somebody has chosen another policy, nothing changes.
class BatchScheduling {
 public:
  BatchScheduling();
  ~BatchScheduling();
  BatchScheduling(const BatchScheduling&) = delete;
  BatchScheduling& operator=(const BatchScheduling&) = delete;

 private:
  bool changed_;
};

}  // namespace triloop
