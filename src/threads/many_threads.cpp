#include "threads/many_threads.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>

namespace triloop {
namespace {

// From <linux/prctl.h>, which may be older than the kernel.
constexpr int kFutexHash = 78;
constexpr unsigned long kSetSlots = 1;
constexpr unsigned long kGetSlots = 2;

// A slot is a cache line.
constexpr unsigned long kMostSlots = 1 << 15;

}  // namespace

void reserve_futex_slots(std::size_t threads) noexcept {
  unsigned long slots = 16;
  while (slots < std::min<std::size_t>(threads, kMostSlots)) slots *= 2;
  const int present = ::prctl(kFutexHash, kGetSlots, 0, 0, 0);
  if (present >= 0 && static_cast<unsigned long>(present) < slots) {
    ::prctl(kFutexHash, kSetSlots, slots, 0, 0);
  }
}

RelaxedTimers::RelaxedTimers(std::chrono::nanoseconds slack) {
  ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack.count()), 0, 0, 0);
}

RelaxedTimers::~RelaxedTimers() {
  ::prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);  // 0 is the default
}

// Only from the policy that is the default: whoever has chosen another one knows better.
BatchScheduling::BatchScheduling() : changed_(::sched_getscheduler(0) == SCHED_OTHER) {
  const sched_param none{};
  if (changed_) ::sched_setscheduler(0, SCHED_BATCH, &none);
}

BatchScheduling::~BatchScheduling() {
  const sched_param none{};
  if (changed_) ::sched_setscheduler(0, SCHED_OTHER, &none);
}

}  // namespace triloop
