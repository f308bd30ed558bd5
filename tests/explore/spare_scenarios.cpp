// The threads that serve one connection after the other, under every schedule.
#include <memory>
#include <system_error>
#include <utility>

#include "scenarios.h"
#include "scheduler.h"
#include "threads/spare_threads.h"

namespace explore {
namespace {

using triloop::Atomic;
using triloop::SpareThreads;
using triloop::Thread;

// As threads are called that are started to be kept.
constexpr const char* kSpare = "spare";

// Runs a body to its end. A choice point inside: somebody may look before it is set.
void use(SpareThreads& threads) {
  Atomic<bool> done{false};
  threads.start("body", [&] { done.store(true); }).join();
  require(done, "join() returns before the body has ended");
}

void one_after_the_other() {
  SpareThreads threads(1, 0);
  for (int i = 0; i < 3; ++i) use(threads);
}

void two_start_at_once() {
  SpareThreads threads(1, 0);
  use(threads);
  Thread other("other", [&] { use(threads); });
  use(threads);
  other.join();
}

// At the same time, each to its end.
void use_two(SpareThreads& threads) {
  Atomic<bool> one{false}, two{false};
  {
    auto first = threads.start("first", [&] { one.store(true); });
    auto second = threads.start("second", [&] { two.store(true); });
  }
  require(one && two, "join() returns before the body has ended");
}

void more_than_are_kept() {
  SpareThreads threads(1, 0);
  use_two(threads);
  use(threads);
}

// The next start finds a thread that was kept: the system has none for it.
void demand_a_spare_one(SpareThreads& threads) {
  fail_to_start(kSpare);
  try {
    use(threads);
  } catch (const std::system_error&) {
    require(false, "no thread was kept");
  }
}

void one_thread_for_four_bodies() {
  SpareThreads threads(1, 0);
  use(threads);
  for (int i = 0; i < 3; ++i) demand_a_spare_one(threads);
}

// Of two that end at the same time one is kept: while it runs a body, another one needs a new
// thread.
void no_more_are_kept_than_may_be() {
  SpareThreads threads(1, 0);
  use_two(threads);
  fail_to_start(kSpare);
  const auto first = threads.start("first", [] {});
  bool started = true;
  try {
    threads.start("second", [] {});
  } catch (const std::system_error&) {
    started = false;
  }
  require(!started, "two threads are kept, and there is place for one");
}

// A connection's last reference may be what its thread's body holds.
void what_a_body_holds_goes() {
  SpareThreads threads(1, 0);
  for (int i = 0; i < 2; ++i) {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = held;
    threads.start("body", [held = std::move(held)] {}).join();
    require(seen.expired(), "join() returns, and what the body holds is still there");
  }
}

// Whoever cannot start one is told so, and nothing else changes.
void a_start_that_fails() {
  SpareThreads threads(1, 0);
  fail_to_start(kSpare);
  bool told = false;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  try {
    threads.start("body", [held = std::move(held)] {});
  } catch (const std::system_error& error) {
    told = error.code() == std::errc::resource_unavailable_try_again;
  }
  require(told, "a thread cannot be started, and nobody is told");
  require(seen.expired(), "there is no thread, and what its body holds is still there");
  use(threads);
  demand_a_spare_one(threads);
}

}  // namespace

// Small enough for one preemption more: what is done without a lock here shows at three.
const std::vector<Named>& spare_scenarios() {
  static const std::vector<Named> all = {
      {"spare threads: one body after the other", one_after_the_other, 1},
      {"spare threads: two start at once", two_start_at_once},
      {"spare threads: more than are kept", more_than_are_kept},
      {"spare threads: one thread for four bodies", one_thread_for_four_bodies, 1},
      {"spare threads: no more are kept than may be", no_more_are_kept_than_may_be},
      {"spare threads: what a body holds goes", what_a_body_holds_goes, 1},
      {"spare threads: a start that fails", a_start_that_fails, 1},
  };
  return all;
}

}  // namespace explore
