#include "run.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

#include "graveyard.h"

namespace explore {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

// A schedule with more steps has a thread that never ends.
constexpr std::uint64_t kMostSteps = 20'000;

Exceptions& exceptions() { return *reinterpret_cast<Exceptions*>(abi::__cxa_get_globals()); }

// Stacks are used again: a scenario is run a million times.
std::vector<std::unique_ptr<char[]>> g_stacks;

std::unique_ptr<char[]> take_stack() {
  if (g_stacks.empty()) return std::unique_ptr<char[]>(new char[kStackBytes]);
  std::unique_ptr<char[]> stack = std::move(g_stacks.back());
  g_stacks.pop_back();
  return stack;
}

History mix(History a, History b) {
  a = a * 0x9E3779B97F4A7C15 + b;
  a = (a ^ (a >> 29)) * 0xBF58476D1CE4E5B9;
  a = (a ^ (a >> 32)) * 0x94D049BB133111EB;
  return a ^ (a >> 29);
}

// What a thread has done, in its history.
enum : History {
  kPoint = 1,
  kLock,
  kUnlock,
  kWait,
  kWoken,
  kNotify,
  kStart,
  kBegin,
  kJoin,
  kYield,
  kCount,
  kEnd
};

}  // namespace

Run* Run::current = nullptr;

bool Places::have(const void* object) const {
  return std::any_of(places_.begin(), places_.end(), [object](const auto& place) {
    return object >= place.first && object < place.second;
  });
}

void Run::execute(const Scenario& scenario) {
  current = this;
  forget_names();
  open_graveyard();
  strategy_.begin();
  const Exceptions outside = exceptions();
  start("main", scenario, {});
  current_ = &fibers_.front();
  current_->has_begun = true;
  exceptions() = current_->exceptions;
  ::swapcontext(&main_, &current_->context);
  exceptions() = outside;
  // Of a schedule that failed the stacks still hold what the threads had: they are not used again.
  for (Fiber& fiber : fibers_) {
    if (fiber.state == State::kDone) {
      g_stacks.push_back(std::move(fiber.stack));
    } else {
      static_cast<void>(fiber.stack.release());
    }
  }
  current = nullptr;
  clear_graveyard();
}

void Run::enter() {
  Run& run = *current;
  run.learn(kBegin);  // lest it look, at its first choice, as if it had not begun
  run.note({Operation::kBegin});
  try {
    run.current_->body();
  } catch (const std::exception& error) {
    run.fail(std::string("an exception leaves the thread: ") + error.what());
  } catch (...) {
    run.fail("an exception leaves the thread");
  }
  run.current_->body = nullptr;
  run.current_->state = State::kDone;
  run.learn(kEnd);
  run.note({Operation::kEnd});
  run.schedule();
}

bool Run::can_run(const Fiber& fiber) const {
  switch (fiber.state) {
    case State::kReady:
    case State::kYields:
      return true;
    case State::kWantsMutex:  // of a destroyed one it says so
      return fiber.mutex->canary != Canary::kAlive || fiber.mutex->owner == kNobody;
    case State::kJoins:
      return fibers_[static_cast<std::size_t>(fiber.joined)].state == State::kDone;
    case State::kWaits:
    case State::kDone:
      break;
  }
  return false;
}

bool Run::goes_on_by_itself(const Fiber& fiber) const {
  return fiber.state != State::kYields && can_run(fiber);
}

// The thread that runs goes on, if it can, for nothing; that another one does costs a preemption.
const std::vector<Option>& Run::options() {
  options_.clear();
  const bool goes_on = goes_on_by_itself(*current_);
  const auto shows_nothing = [](const Fiber& fiber) {
    return fiber.next.operation == Operation::kBegin;
  };
  if (goes_on) options_.push_back({Option::kRun, current_->id, 0, shows_nothing(*current_)});
  for (const Fiber& fiber : fibers_) {
    if (goes_on && &fiber == current_) continue;
    if (can_run(fiber)) {
      options_.push_back({Option::kRun, fiber.id, goes_on, shows_nothing(fiber)});
    }
  }
  add_timeouts(!options_.empty());
  return options_;
}

// While somebody runs, time may pass all the same, and waits may end for no reason. When nobody
// can, it is the earliest deadline that comes.
void Run::add_timeouts(bool somebody_runs) {
  TimePoint earliest = TimePoint::max();
  for (const Fiber& fiber : fibers_) {
    if (fiber.state == State::kWaits) earliest = std::min(earliest, fiber.deadline);
  }
  for (const Fiber& fiber : fibers_) {
    if (fiber.state != State::kWaits) continue;
    if (fiber.deadline != TimePoint::max() && (somebody_runs || fiber.deadline == earliest)) {
      options_.push_back({Option::kTimeout, fiber.id, somebody_runs});
    }
    if (somebody_runs) options_.push_back({Option::kSpurious, fiber.id, 1});
  }
}

std::size_t Run::pick(const std::vector<Option>& options, const Situation* situation) {
  return choosing_ ? strategy_.pick(options, situation) : 0;
}

// Lets whoever the strategy wants go on; returns when it is this thread's turn again.
void Run::schedule() {
  if (++count_ > kMostSteps) fail("it never ends");
  if (events_ != nullptr) look_at_values();
  for (;;) {
    if (!choosing_ && goes_on_by_itself(*current_)) return;
    if (choosing_ && strategy_.has_spent_all() && goes_on_by_itself(*current_))
      return strategy_.pass();
    const std::vector<Option>& all = options();
    if (all.empty()) {
      const bool done = std::all_of(fibers_.begin(), fibers_.end(),
                                    [](const Fiber& fiber) { return fiber.state == State::kDone; });
      if (!done) deadlock();
      ::setcontext(&main_);
    }
    const Option chosen = all[pick(all, this)];
    if (chosen.kind == Option::kRun) return switch_to(fiber(chosen.fiber));
    take(chosen);
  }
}

// A wait ends, and nobody has ended it.
void Run::take(const Option& chosen) {
  Fiber& waiter = fiber(chosen.fiber);
  const bool timeout = chosen.kind == Option::kTimeout;
  if (timeout) {
    now_ = std::max(now_, waiter.deadline);
    (chosen.cost == 0 ? time_had_to_help_ : time_came_early_) = true;
  }
  if (events_ != nullptr) {
    add(event_of(waiter, {timeout ? Operation::kTimeout : Operation::kSpurious, "condition",
                          waiter.condition, waiter.next.where}));
  }
  end_wait(waiter, timeout);
}

void Run::switch_to(Fiber& next) {
  if (&next == current_) return;
  Fiber& last = *current_;
  last.exceptions = exceptions();
  current_ = &next;
  exceptions() = next.exceptions;
  if (_setjmp(last.place) != 0) return;
  if (next.has_begun) _longjmp(next.place, 1);
  next.has_begun = true;
  ::setcontext(&next.context);
}

void Run::end_wait(Fiber& fiber, bool timed_out) {
  auto& waiters = fiber.condition->waiters;
  waiters.erase(std::find(waiters.begin(), waiters.end(), fiber.id));
  fiber.condition = nullptr;
  fiber.timed_out = timed_out;
  fiber.state = State::kWantsMutex;
}

// Before the choice, and again behind it: others may have destroyed the object meanwhile.
void Run::demand_alive(Canary canary, const char* kind, const void* object) {
  if (canary == Canary::kAlive) return;
  note({Operation::kUseDestroyed, kind, object, current_->next.where});
  fail("it uses a destroyed " + describe(kind, object));
}

void Run::point(Operation operation, AtomicState& atomic, bool writes, Where where) {
  const Deed deed{operation, "atomic", &atomic, where};
  current_->next = deed;
  schedule();
  demand_alive(atomic.canary, "atomic", &atomic);
  learn(mix(kPoint, atomic.history));
  if (writes) atomic.history = current_->history;
  note(deed);
}

void Run::destroy(AtomicState& atomic) {
  demand_alive(atomic.canary, "atomic", &atomic);
  atomic.canary = Canary::kDead;
}

void Run::count_is_used(Operation operation, const int* count) {
  const Deed deed{operation, "count", count, {}};
  current_->next = deed;
  schedule();
  History& history = counts_[count];
  learn(mix(kCount, history));
  if (operation == Operation::kDropCount) history = current_->history;
  note(deed);
}

void Run::count_grows(const int* count) { touch(counts_[count]); }

void Run::release(MutexState& mutex) {
  mutex.owner = kNobody;
  current_->held.erase(std::find(current_->held.begin(), current_->held.end(), &mutex));
}

void Run::take(MutexState& mutex) {
  mutex.owner = current_->id;
  current_->held.push_back(&mutex);
  current_->state = State::kReady;
}

// One lock at a time. Before it takes `mutex`.
void Run::demand_may_lock(const MutexState& mutex) {
  if (locks_may_nest_ || kernel_.have(&mutex)) return;
  int may_follow = 0;  // so many more may be held, below one that may be
  for (const MutexState* held : current_->held) {
    if (held == &mutex || kernel_.have(held)) continue;
    const auto is_it = [&](const Outer& outer) { return outer.places.have(held); };
    const auto outer = std::find_if(outer_.begin(), outer_.end(), is_it);
    if (outer != outer_.end()) {
      may_follow = outer->and_below;
    } else if (may_follow-- == 0) {
      fail("it takes a lock while it holds " + describe("mutex", held));
    }
  }
}

// Before it waits with `mutex`, if with any.
void Run::demand_no_other_lock(const MutexState* mutex, const char* what) {
  if (locks_may_nest_ || (mutex != nullptr && kernel_.have(mutex))) return;
  for (const MutexState* held : current_->held) {
    if (held == mutex || kernel_.have(held)) continue;
    fail(std::string("it ") + what + " while it holds " + describe("mutex", held));
  }
}

void Run::lock(MutexState& mutex, Where where) {
  const Deed deed{Operation::kLock, "mutex", &mutex, where};
  current_->next = deed;
  current_->state = State::kWantsMutex;
  current_->mutex = &mutex;
  schedule();
  demand_alive(mutex.canary, "mutex", &mutex);
  if (mutex.owner == current_->id) fail("it locks a mutex that it holds");
  if (!current_->held.empty()) demand_may_lock(mutex);
  take(mutex);
  learn(mix(kLock, mutex.history));
  note(deed);
}

void Run::unlock(MutexState& mutex, Where where) {
  if (events_ != nullptr) look_at_values();
  demand_alive(mutex.canary, "mutex", &mutex);
  if (mutex.owner != current_->id) fail("it unlocks a mutex that it does not hold");
  release(mutex);
  learn(kUnlock);
  mutex.history = current_->history;
  note({Operation::kUnlock, "mutex", &mutex, where});
}

void Run::destroy(MutexState& mutex) {
  demand_alive(mutex.canary, "mutex", &mutex);
  if (mutex.owner != kNobody) fail("it destroys a locked mutex");
  mutex.canary = Canary::kDead;
}

// A deadline that has passed is no wait: the mutex is let go and taken again, as by libstdc++.
bool Run::wait(CondState& condition, MutexState& mutex, TimePoint deadline, Where where) {
  const Deed deed{Operation::kWait, "condition", &condition, where};
  current_->next = deed;
  schedule();
  demand_alive(condition.canary, "condition", &condition);
  if (mutex.owner != current_->id) fail("it waits without the mutex");
  if (current_->held.size() > 1) demand_no_other_lock(&mutex, "waits");
  note(deed);
  current_->next = {Operation::kWake, "mutex", &mutex, where};
  release(mutex);
  learn(kWait);
  mutex.history = current_->history;
  current_->mutex = &mutex;
  current_->deadline = deadline;
  current_->timed_out = deadline <= now_;
  if (current_->timed_out) {
    current_->state = State::kWantsMutex;
  } else {
    condition.waiters.push_back(current_->id);
    current_->state = State::kWaits;
    current_->condition = &condition;
  }
  schedule();
  demand_alive(mutex.canary, "mutex", &mutex);
  take(mutex);
  // Whoever is woken after his deadline is told that it has passed, as by libstdc++.
  const bool in_time = !current_->timed_out && now_ < deadline;
  learn(mix(kWoken + (in_time ? 0 : 100), mutex.history));
  note({in_time ? Operation::kWake : Operation::kGiveUp, "mutex", &mutex, where});
  return in_time;
}

void Run::destroy(CondState& condition) {
  demand_alive(condition.canary, "condition", &condition);
  if (!condition.waiters.empty()) fail("it destroys a condition that somebody waits for");
  condition.canary = Canary::kDead;
}

void Run::notify(CondState& condition, bool all, Where where) {
  const Deed deed{all ? Operation::kNotifyAll : Operation::kNotifyOne, "condition", &condition,
                  where};
  current_->next = deed;
  schedule();
  demand_alive(condition.canary, "condition", &condition);
  learn(kNotify);
  std::vector<Who> woken;
  while (!condition.waiters.empty()) {
    std::vector<Option> options;
    for (const int id : condition.waiters) options.push_back({Option::kNotify, id, 0});
    Fiber& waiter = fiber(options[all ? 0 : pick(options, nullptr)].fiber);
    if (events_ != nullptr) woken.push_back(who(waiter));
    end_wait(waiter, /*timed_out=*/false);
    if (!all) break;
  }
  note(deed, std::move(woken));
}

int Run::start(std::string name, std::function<void()> body, Where where) {
  const auto missing = missing_threads_.find(name);
  if (missing != missing_threads_.end()) {
    missing_threads_.erase(missing);
    note({Operation::kCannotStart, nullptr, nullptr, where}, {{kNobody, name}});
    return kNobody;
  }
  Fiber& fiber = fibers_.emplace_back();
  fiber.id = static_cast<int>(fibers_.size()) - 1;
  fiber.name = std::move(name);
  fiber.body = std::move(body);
  fiber.stack = take_stack();
  ::getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = nullptr;
  ::makecontext(&fiber.context, &Run::enter, 0);
  if (current_ != nullptr) {
    learn(kStart);
    fiber.history = mix(kBegin, current_->history);
    note({Operation::kStart, nullptr, nullptr, where}, {who(fiber)});
    current_->next = {};
    schedule();
    learn(kStart);  // lest its next choice look like the same state again
  }
  return fiber.id;
}

void Run::join(int id, Where where) {
  const Deed deed{Operation::kJoin, nullptr, nullptr, where};
  current_->next = deed;
  if (!current_->held.empty()) demand_no_other_lock(nullptr, "joins a thread");
  current_->state = State::kJoins;
  current_->joined = id;
  schedule();
  current_->state = State::kReady;
  learn(mix(kJoin, fiber(id).history));
  note(deed, {who(fiber(id))});
}

// A choice point: before the answer others may begin to wait, and what they wait for may pass.
TimePoint Run::now(Where where) {
  const Deed deed{Operation::kLookAtClock, nullptr, nullptr, where};
  current_->next = deed;
  schedule();
  note(deed);
  learn(static_cast<History>(now_.time_since_epoch().count()));
  return now_;
}

void Run::any_moment() {
  current_->state = State::kYields;
  current_->next = {Operation::kYield};
  schedule();
  current_->state = State::kReady;
  learn(kYield);
}

void Run::touch(History& history) {
  learn(history);
  history = current_->history;
}

void Run::learn(History what) { current_->history = mix(current_->history, what); }

std::uint64_t Run::state() const { return mix(state_of_all(), current_->history); }

// No matter in which order the threads were started.
std::uint64_t Run::state_of_all() const {
  History all = mix(static_cast<History>(now_.time_since_epoch().count()),
                    (time_had_to_help_ ? 2 : 0) + (time_came_early_ ? 1 : 0));
  for (const Fiber& fiber : fibers_) {
    const bool waits = fiber.state == State::kWaits;
    all += mix(fiber.history, (waits ? 2 : 0) + (fiber.timed_out ? 1 : 0));
  }
  return all;
}

void Run::fail(const std::string& what) { end_with(current_->name + ": " + what); }

void Run::end_with(const std::string& failure) {
  failure_ = failure;
  ::setcontext(&main_);
  std::abort();
}

}  // namespace explore
