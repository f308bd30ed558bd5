#include "scheduler.h"

#include <cxxabi.h>
#include <ucontext.h>

#include <algorithm>
#include <csetjmp>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "strategies.h"

namespace explore {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

// A schedule with more steps has a thread that never ends.
constexpr std::uint64_t kMostSteps = 20'000;

// What libstdc++ keeps for each thread about exceptions that are being handled. Here all threads
// are one to it, and a switch may come inside a catch.
struct Exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};
Exceptions& exceptions() { return *reinterpret_cast<Exceptions*>(abi::__cxa_get_globals()); }

enum class State { kReady, kWantsMutex, kWaits, kJoins, kDone };

struct Fiber {
  int id = kNobody;
  std::string name;
  std::function<void()> body;
  std::unique_ptr<char[]> stack;
  ucontext_t context{};  // for its first instruction
  std::jmp_buf place{};  // for all others: unlike a context's, this switch is no system call
  bool has_begun = false;
  Exceptions exceptions;
  State state = State::kReady;
  MutexState* mutex = nullptr;     // that it wants, or will want when its wait is over
  CondState* condition = nullptr;  // that it waits for
  TimePoint deadline = TimePoint::max();
  bool timed_out = false;
  int joined = kNobody;
};

// One schedule.
class Run {
 public:
  Run(Strategy& strategy, std::vector<std::string>* steps) : strategy_(strategy), steps_(steps) {}

  void execute(const Scenario& scenario);

  const std::string& failure() const { return failure_; }
  TimePoint now() const { return now_; }

  void point(const char* operation, const void* object);
  void lock(MutexState& mutex);
  void unlock(MutexState& mutex);
  bool wait(CondState& condition, MutexState& mutex, TimePoint deadline);
  void notify(CondState& condition, bool all);
  int start(std::string name, std::function<void()> body);
  void join(int id);
  [[noreturn]] void fail(const std::string& what);

 private:
  static void enter();

  bool can_run(const Fiber& fiber) const;
  const std::vector<Option>& options();
  void add_timeouts(bool somebody_runs);
  std::size_t choose(const std::vector<Option>& options);
  void schedule();
  void switch_to(Fiber& next);
  void end_wait(Fiber& fiber, bool timed_out);
  void note(const char* what, const void* object = nullptr);
  void note(const char* what, const Fiber& other);
  std::string describe(const void* object);
  [[noreturn]] void deadlock();

  Strategy& strategy_;
  std::vector<std::string>* const steps_;
  std::string failure_;
  TimePoint now_{};
  std::uint64_t count_ = 0;
  std::deque<Fiber> fibers_;
  std::vector<Option> options_;  // of this moment
  Fiber* current_ = nullptr;
  ucontext_t main_{};
  std::map<const void*, std::string> names_;
};

Run* g_run = nullptr;

// Stacks are used again: a scenario is run a million times.
std::vector<std::unique_ptr<char[]>> g_stacks;

std::unique_ptr<char[]> take_stack() {
  if (g_stacks.empty()) return std::unique_ptr<char[]>(new char[kStackBytes]);
  std::unique_ptr<char[]> stack = std::move(g_stacks.back());
  g_stacks.pop_back();
  return stack;
}

void Run::execute(const Scenario& scenario) {
  g_run = this;
  const Exceptions outside = exceptions();
  start("main", scenario);
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
  g_run = nullptr;
}

void Run::enter() {
  Run& run = *g_run;
  try {
    run.current_->body();
  } catch (const std::exception& error) {
    run.fail(std::string("an exception leaves the thread: ") + error.what());
  } catch (...) {
    run.fail("an exception leaves the thread");
  }
  run.current_->body = nullptr;
  run.current_->state = State::kDone;
  run.note("ends");
  run.schedule();
}

bool Run::can_run(const Fiber& fiber) const {
  switch (fiber.state) {
    case State::kReady:
      return true;
    case State::kWantsMutex:
      return fiber.mutex->owner == kNobody;
    case State::kJoins:
      return fibers_[static_cast<std::size_t>(fiber.joined)].state == State::kDone;
    case State::kWaits:
    case State::kDone:
      break;
  }
  return false;
}

// The thread that runs goes on, if it can, for nothing; that another one does costs a preemption.
const std::vector<Option>& Run::options() {
  options_.clear();
  const bool goes_on = can_run(*current_);
  if (goes_on) options_.push_back({Option::kRun, current_->id, 0});
  for (const Fiber& fiber : fibers_) {
    if (&fiber != current_ && can_run(fiber)) options_.push_back({Option::kRun, fiber.id, goes_on});
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

std::size_t Run::choose(const std::vector<Option>& options) {
  return options.size() == 1 ? 0 : strategy_.choose(options);
}

// Lets whoever the strategy wants go on; returns when it is this thread's turn again.
void Run::schedule() {
  if (++count_ > kMostSteps) fail("it never ends");
  for (;;) {
    const std::vector<Option>& all = options();
    if (all.empty()) {
      const bool done = std::all_of(fibers_.begin(), fibers_.end(),
                                    [](const Fiber& fiber) { return fiber.state == State::kDone; });
      if (!done) deadlock();
      ::setcontext(&main_);
    }
    const Option chosen = all[choose(all)];
    Fiber& fiber = fibers_[static_cast<std::size_t>(chosen.fiber)];
    if (chosen.kind == Option::kRun) return switch_to(fiber);
    if (chosen.kind == Option::kTimeout) now_ = std::max(now_, fiber.deadline);
    if (steps_ != nullptr) {
      steps_->push_back(fiber.name + (chosen.kind == Option::kTimeout ? ": its deadline passes"
                                                                      : ": wakes for no reason"));
    }
    end_wait(fiber, chosen.kind == Option::kTimeout);
  }
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

void Run::point(const char* operation, const void* object) {
  schedule();
  note(operation, object);
}

void Run::lock(MutexState& mutex) {
  current_->state = State::kWantsMutex;
  current_->mutex = &mutex;
  schedule();
  if (mutex.owner == current_->id) fail("it locks a mutex that it holds");
  mutex.owner = current_->id;
  current_->state = State::kReady;
  note("locks", &mutex);
}

void Run::unlock(MutexState& mutex) {
  if (mutex.owner != current_->id) fail("it unlocks a mutex that it does not hold");
  mutex.owner = kNobody;
  note("unlocks", &mutex);
}

bool Run::wait(CondState& condition, MutexState& mutex, TimePoint deadline) {
  schedule();
  if (mutex.owner != current_->id) fail("it waits without the mutex");
  note("waits for", &condition);
  mutex.owner = kNobody;
  condition.waiters.push_back(current_->id);
  current_->state = State::kWaits;
  current_->condition = &condition;
  current_->mutex = &mutex;
  current_->deadline = deadline;
  current_->timed_out = false;
  schedule();
  mutex.owner = current_->id;
  current_->state = State::kReady;
  note(current_->timed_out ? "gives up waiting and has" : "has again", &mutex);
  return !current_->timed_out;
}

void Run::notify(CondState& condition, bool all) {
  schedule();
  note(all ? "notifies all of" : "notifies one of", &condition);
  while (!condition.waiters.empty()) {
    std::vector<Option> options;
    for (const int id : condition.waiters) options.push_back({Option::kNotify, id, 0});
    const Option chosen = options[all ? 0 : choose(options)];
    end_wait(fibers_[static_cast<std::size_t>(chosen.fiber)], /*timed_out=*/false);
    if (!all) return;
  }
}

int Run::start(std::string name, std::function<void()> body) {
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
    note("starts", fiber);
    schedule();
  }
  return fiber.id;
}

void Run::join(int id) {
  current_->state = State::kJoins;
  current_->joined = id;
  schedule();
  current_->state = State::kReady;
  note("has joined", fibers_[static_cast<std::size_t>(id)]);
}

void Run::fail(const std::string& what) {
  failure_ = current_->name + ": " + what;
  ::setcontext(&main_);
  std::abort();
}

void Run::deadlock() {
  std::string who;
  for (const Fiber& fiber : fibers_) {
    if (fiber.state == State::kDone) continue;
    who += (who.empty() ? "" : ", ") + fiber.name;
    if (fiber.state == State::kWaits) who += " waits for " + describe(fiber.condition);
    if (fiber.state == State::kWantsMutex) who += " wants " + describe(fiber.mutex);
    if (fiber.state == State::kJoins) {
      who += " joins " + fibers_[static_cast<std::size_t>(fiber.joined)].name;
    }
  }
  failure_ = "deadlock: " + who;
  ::setcontext(&main_);
  std::abort();
}

void Run::note(const char* what, const void* object) {
  if (steps_ == nullptr) return;
  steps_->push_back(current_->name + " " + what +
                    (object != nullptr ? " " + describe(object) : ""));
}
void Run::note(const char* what, const Fiber& other) {
  if (steps_ != nullptr) steps_->push_back(current_->name + " " + what + " " + other.name);
}

std::map<const void*, std::string> g_names;

std::string Run::describe(const void* object) {
  const auto given = g_names.find(object);
  if (given != g_names.end()) return given->second;
  const auto [place, is_new] = names_.try_emplace(object, "");
  if (is_new) place->second = "object " + std::to_string(names_.size());
  return place->second;
}

// Runs once, and adds what came out.
bool run_once(const Scenario& scenario, Strategy& strategy, Outcome& outcome) {
  Recorded recorded(strategy);
  Run run(recorded, nullptr);
  run.execute(scenario);
  ++outcome.schedules;
  if (run.failure().empty()) return true;
  const Outcome again = replay(scenario, recorded.text());
  if (again.failure.empty()) throw std::logic_error("a failure that does not come again");
  outcome.failure = again.failure;
  outcome.steps = again.steps;
  outcome.schedule = recorded.text();
  return false;
}

}  // namespace

void require(bool condition, const char* what) {
  if (!condition) g_run->fail(what);
}

void name(const void* object, const char* name) { g_names[object] = name; }

Outcome explore(const Scenario& scenario, const Bounds& bounds) {
  Outcome outcome;
  DepthFirst strategy(bounds.preemptions);
  while (outcome.schedules < bounds.schedules) {
    if (!run_once(scenario, strategy, outcome)) return outcome;
    if (!strategy.advance()) {
      outcome.exhausted = true;
      return outcome;
    }
  }
  return outcome;
}

Outcome search(const Scenario& scenario, std::uint64_t schedules, std::uint64_t seed) {
  Outcome outcome;
  while (outcome.schedules < schedules) {
    RandomPriorities strategy(seed + outcome.schedules);
    if (!run_once(scenario, strategy, outcome)) return outcome;
  }
  return outcome;
}

Outcome replay(const Scenario& scenario, const std::string& schedule) {
  Outcome outcome;
  Replayed strategy(schedule);
  Run run(strategy, &outcome.steps);
  run.execute(scenario);
  outcome.schedules = 1;
  outcome.failure = run.failure();
  outcome.schedule = schedule;
  return outcome;
}

void point(const char* operation, const void* object) {
  if (g_run != nullptr) g_run->point(operation, object);
}
void lock(MutexState& mutex) {
  if (g_run != nullptr) g_run->lock(mutex);
}
void unlock(MutexState& mutex) {
  if (g_run != nullptr) g_run->unlock(mutex);
}
void destroy(const MutexState& mutex) {
  if (g_run != nullptr && mutex.owner != kNobody) g_run->fail("it destroys a locked mutex");
}
bool wait(CondState& condition, MutexState& mutex, TimePoint deadline) {
  return g_run->wait(condition, mutex, deadline);
}
void notify(CondState& condition, bool all) {
  if (g_run != nullptr) g_run->notify(condition, all);
}
void destroy(const CondState& condition) {
  if (g_run != nullptr && !condition.waiters.empty()) {
    g_run->fail("it destroys a condition that somebody waits for");
  }
}
int start(std::string name, std::function<void()> body) {
  return g_run->start(std::move(name), std::move(body));
}
void join(int id) { g_run->join(id); }
TimePoint now() { return g_run != nullptr ? g_run->now() : TimePoint{}; }

}  // namespace explore
