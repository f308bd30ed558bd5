#include "threads/many_threads.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace triloop {
namespace {

// From <linux/prctl.h>, which may be older than the kernel.
constexpr int kFutexHash = 78;
constexpr unsigned long kSetSlots = 1;
constexpr unsigned long kGetSlots = 2;

// A slot is a cache line.
constexpr unsigned long kMostSlots = 1 << 15;

// What a system call's wrapper may put on the stack while it is made, with room to spare.
constexpr std::size_t kInUseBelow = 512;

// A thread's stack, from its low end up; empty if it cannot be told, and that of main(), whose low
// end moves.
struct Stack {
  char* low = nullptr;
  char* high = nullptr;
};

Stack find_stack() noexcept {
  if (::gettid() == ::getpid()) return {};
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  std::size_t size = 0;
  ::pthread_attr_getstack(&attributes, &low, &size);
  ::pthread_attr_destroy(&attributes);
  char* const address = static_cast<char*>(low);
  return {address, address + size};
}

}  // namespace

void reserve_futex_slots(std::size_t threads) noexcept {
  unsigned long slots = 16;
  while (slots < std::min<std::size_t>(threads, kMostSlots)) slots *= 2;
  const int present = ::prctl(kFutexHash, kGetSlots, 0, 0, 0);
  if (present >= 0 && static_cast<unsigned long>(present) < slots) {
    ::prctl(kFutexHash, kSetSlots, slots, 0, 0);
  }
}

// Not inlined: below its own frame there is nothing that anybody uses.
[[gnu::noinline]] void give_back_stack_below(std::size_t kept_bytes) noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  thread_local const Stack stack = find_stack();  // a spare thread asks once for all its bodies
  char* const here = static_cast<char*>(__builtin_frame_address(0));
  if (here < stack.low || here >= stack.high) return;
  const auto kept = static_cast<std::ptrdiff_t>(std::max(kept_bytes, kInUseBelow));
  if (here - stack.low <= kept) return;
  char* end = here - kept;
  end -= reinterpret_cast<std::uintptr_t>(end) % page;
  if (end > stack.low) {
    ::madvise(stack.low, static_cast<std::size_t>(end - stack.low), MADV_DONTNEED);
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
