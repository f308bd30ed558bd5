// The explorer explores small programs of which it is known what it has to find.
#include "self_test.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>

#include "triloop/sync.h"

namespace explore {
namespace {

using std::chrono::seconds;
using triloop::Atomic;
using triloop::Clock;
using triloop::CondVar;
using triloop::Mutex;
using triloop::MutexLock;
using triloop::Thread;

constexpr int kPreemptions = 2;

// The outcome that is looked for is a failure.
void look_for(bool outcome) { require(!outcome, "it can be"); }

// Two waits are told the same of the clock, and different things of their deadlines: the states
// behind them are two.
void what_a_wait_says_is_known() {
  locks_may_nest();
  Mutex m, n;
  CondVar c;
  bool main_in_time = true, a_in_time = false, woken = false;
  {
    Thread a("a", [&] {
      Thread nothing("nothing", [] {});
      const MutexLock lock(n);
      a_in_time = c.wait_until(n, Clock::now() + seconds(2));
    });
    Thread b("b", [&] {
      const MutexLock lock(m);
      const auto end = Clock::now() + seconds(3);
      while (c.wait_until(m, end)) {
      }
    });
    const MutexLock lock(m);
    main_in_time = c.wait_until(m, Clock::now() + seconds(2));
    woken = c.wait_until(m, Clock::now() + seconds(100));
  }
  look_for(a_in_time && !main_in_time && woken &&
           Clock::now() == triloop::TimePoint{} + seconds(3) && !time_came_early());
}

// One lets go of what the other asks for, and no lock orders them.
void shared_pointers(bool alive_looked_for, int race_looked_for) {
  Mutex m, n, r;
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> weak = owner;
  bool alive = false;
  int last = 0;
  {
    Thread a("a", [&] {
      { const MutexLock lock(m); }
      owner.reset();
    });
    Thread b("b", [&] {
      { const MutexLock lock(n); }
      alive = weak.lock() != nullptr;
    });
  }
  {
    const auto race = [&](int me) {
      const MutexLock lock(r);
      last = me;
    };
    Thread c("c", [&] { race(1); });
    Thread d("d", [&] { race(2); });
  }
  look_for(alive == alive_looked_for && last == race_looked_for);
}

// The waiter destroys the condition as soon as it has been told.
void a_notify_behind_the_lock() {
  struct Event {
    Mutex mutex;
    CondVar changed;
    bool happened = false;
  };
  auto event = std::make_unique<Event>();
  Event* const raw = event.get();
  Thread teller("teller", [raw] {
    {
      const MutexLock lock(raw->mutex);
      raw->happened = true;
    }
    raw->changed.notify_one();
  });
  {
    const MutexLock lock(event->mutex);
    while (!event->happened) event->changed.wait(event->mutex);
  }
  event.reset();
}

void an_atomic_that_is_gone() {
  auto flag = std::make_unique<Atomic<bool>>(false);
  Atomic<bool>* const raw = flag.get();
  Thread late("late", [raw] { raw->store(true); });
  flag.reset();
}

void a_lock_that_is_gone() {
  auto mutex = std::make_unique<Mutex>();
  Mutex* const raw = mutex.get();
  Thread late("late", [raw] { const MutexLock lock(*raw); });
  mutex.reset();
}

// A new one in the place of the old one would look alive.
void a_lock_that_is_gone_and_a_new_one() {
  auto mutex = std::make_unique<Mutex>();
  Mutex* const raw = mutex.get();
  Thread late("late", [raw] { const MutexLock lock(*raw); });
  mutex.reset();
  mutex = std::make_unique<Mutex>();
}

// Between a store and a look at the clock a deadline passes that began behind the store.
void time_passes_before_a_look() {
  Atomic<int> x{0};
  Mutex m;
  CondVar never;
  Thread b("b", [&] {
    if (x.load() != 1) return;
    const MutexLock lock(m);
    never.wait_until(m, Clock::now() + seconds(2));
  });
  x.store(1);
  look_for(Clock::now() == triloop::TimePoint{} + seconds(2) && !time_had_to_help());
}

// No waiting: nobody needs to be switched away from, and time has to help nobody.
void a_deadline_that_has_passed() {
  Mutex m;
  CondVar c;
  Atomic<int> x{0};
  Thread b("b", [&] { ++x; });
  const MutexLock lock(m);
  c.wait_until(m, Clock::now());
  const bool told = c.wait_until(m, Clock::now() - seconds(1));
  require(!told, "a deadline that has passed has not");
  require(!time_had_to_help(), "somebody waits for a deadline that has passed");
}

void two_locks_at_a_time() {
  Mutex m, n;
  const MutexLock one(m);
  const MutexLock other(n);
}

void a_wait_with_another_lock() {
  Mutex m, n;
  CondVar c;
  may_hold_while_locking(m);
  n.lock();
  {
    const MutexLock one(m);
    n.unlock();
    n.lock();
    c.wait_until(m, Clock::now() + seconds(1));
  }
  n.unlock();
}

void a_join_with_a_lock() {
  Mutex m;
  Thread other("other", [] {});
  const MutexLock lock(m);
  other.join();
}

void two_locks_that_may() {
  Mutex outer, inner;
  may_hold_while_locking(outer);
  Thread other("other", [&] {
    const MutexLock one(outer);
    const MutexLock two(inner);
  });
  const MutexLock one(outer);
  const MutexLock two(inner);
}

void a_wait_with_a_lock_that_may() {
  Mutex outer, inner;
  CondVar c;
  may_hold_while_locking(outer);
  const MutexLock one(outer);
  const MutexLock two(inner);
  c.wait_until(inner, Clock::now() + seconds(1));
}

void three_locks_that_may() {
  Mutex outer, middle, inner;
  may_hold_while_locking(outer, 1);
  const MutexLock one(outer);
  const MutexLock two(middle);
  const MutexLock three(inner);
}

void one_lock_too_many() {
  Mutex outer, middle, inner, innermost;
  may_hold_while_locking(outer, 1);
  const MutexLock one(outer);
  const MutexLock two(middle);
  const MutexLock three(inner);
  const MutexLock four(innermost);
}

void locks_in_two_orders() {
  locks_may_nest();
  Mutex m, n;
  Thread other("other", [&] {
    const MutexLock one(n);
    const MutexLock two(m);
  });
  const MutexLock one(m);
  const MutexLock two(n);
}

// The first of two, and no more.
void a_start_that_fails() {
  fail_to_start("one");
  int failed = 0, ran = 0;
  for (const char* name : {"other", "one", "one"}) {
    try {
      Thread(name, [&] { ++ran; }).join();
    } catch (const std::system_error& error) {
      require(error.code() == std::errc::resource_unavailable_try_again, "another error");
      ++failed;
    }
  }
  require(failed == 1 && ran == 2, "not the one that was to fail");
}

void a_lost_update() {
  Atomic<int> x{0};
  const auto count = [&] { x.store(x.load() + 1); };
  {
    Thread other("other", count);
    count();
  }
  look_for(x.load() == 1);
}

// What is not chosen is not found; what is chosen afterwards is.
void no_choice_for_a_while(bool for_the_rest) {
  Atomic<int> x{0}, y{0};
  const auto count = [&] { x.store(x.load() + 1); };
  {
    stop_choosing();
    Thread other("other", count);
    count();
  }
  require(x.load() == 2, "a preemption that nobody chose");
  if (!for_the_rest) start_choosing();
  Thread other("other", [&] { y.store(1); });
  look_for(y.load() == 1);
}

}  // namespace

const std::vector<SelfTest>& self_tests() {
  static const std::vector<SelfTest> all = {
      {"a lost update", a_lost_update, "it can be"},
      {"what a wait says is known", what_a_wait_says_is_known, "it can be"},
      {"a count decides: alive, c before d", [] { shared_pointers(true, 2); }, "it can be"},
      {"a count decides: alive, d before c", [] { shared_pointers(true, 1); }, "it can be"},
      {"a count decides: gone, c before d", [] { shared_pointers(false, 2); }, "it can be"},
      {"a count decides: gone, d before c", [] { shared_pointers(false, 1); }, "it can be"},
      {"a notify behind the lock", a_notify_behind_the_lock, "uses a destroyed condition"},
      {"an atomic that is gone", an_atomic_that_is_gone, "uses a destroyed atomic"},
      {"a lock that is gone", a_lock_that_is_gone, "uses a destroyed mutex"},
      {"a lock that is gone, and a new one", a_lock_that_is_gone_and_a_new_one,
       "uses a destroyed mutex"},
      {"time passes before a look", time_passes_before_a_look, "it can be"},
      {"a deadline that has passed", a_deadline_that_has_passed, ""},
      {"two locks at a time", two_locks_at_a_time, "takes a lock while it holds"},
      {"a wait with another lock", a_wait_with_another_lock, "while it holds"},
      {"a join with a lock", a_join_with_a_lock, "joins a thread while it holds"},
      {"two locks that may", two_locks_that_may, ""},
      {"a wait with a lock that may", a_wait_with_a_lock_that_may, "waits while it holds"},
      {"three locks that may", three_locks_that_may, ""},
      {"one lock too many", one_lock_too_many, "takes a lock while it holds"},
      {"locks in two orders", locks_in_two_orders, "nobody can go on"},
      {"a start that fails", a_start_that_fails, ""},
      {"no choice for a while", [] { no_choice_for_a_while(false); }, "it can be"},
      {"no choice at all", [] { no_choice_for_a_while(true); }, ""},
  };
  return all;
}

bool test_itself() {
  bool all_hold = true;
  const auto demand = [&](bool holds, const SelfTest& test, const std::string& what) {
    if (holds) return;
    all_hold = false;
    std::printf("the explorer itself: %s: %s\n", test.name.c_str(), what.c_str());
  };
  for (const SelfTest& test : self_tests()) {
    for (const bool merge : {false, true}) {
      Bounds bounds;
      bounds.preemptions = kPreemptions;
      bounds.merge = merge;
      const Outcome outcome = explore(test.scenario, bounds);
      const std::string how = merge ? " (merged)" : " (every schedule)";
      if (test.finds.empty()) {
        demand(outcome.failure.empty(), test, "it finds '" + outcome.failure + "'" + how);
      } else {
        demand(outcome.failure.find(test.finds) != std::string::npos, test,
               "it finds '" + outcome.failure + "', not '" + test.finds + "'" + how);
      }
    }
  }
  Bounds too_many;
  too_many.merge = true;
  too_many.preemptions = Bounds::kMostWhenMerged + 1;
  bool refused = false;
  try {
    explore([] {}, too_many);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  if (!refused) std::printf("the explorer itself: more preemptions are merged than it can\n");
  return all_hold && refused;
}

}  // namespace explore
