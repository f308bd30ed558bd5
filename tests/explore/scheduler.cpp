// The ways to explore, and what the explorer's triloop/sync.h calls.
#include "scheduler.h"

#include <csignal>
#include <stdexcept>
#include <utility>

#include "run.h"
#include "strategies.h"

namespace explore {
namespace {

// Runs once, and adds what came out. False if it failed.
bool run_once(const Scenario& scenario, Strategy& strategy, Outcome& outcome) {
  Run run(strategy, nullptr);
  run.execute(scenario);
  ++outcome.schedules;
  if (run.failure().empty()) return true;
  if (!outcome.failure.empty() && run.step_count() >= outcome.step_count) return false;
  outcome.step_count = run.step_count();
  outcome.schedule = strategy.text();
  Outcome again = replay(scenario, outcome.schedule);
  if (again.failure.empty()) throw std::logic_error("a failure that does not come again");
  outcome.failure = std::move(again.failure);
  outcome.events = std::move(again.events);
  return false;
}

void on_crash(int signal) {
  if (Run::current == nullptr) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  Run::current->fail(signal == SIGABRT ? "it calls abort()" : "it crashes");
}

}  // namespace

void catch_crashes() {
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_NODEFER;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) ::sigaction(signal, &action, nullptr);
}

Outcome explore(const Scenario& scenario, const Bounds& bounds) {
  if (bounds.merge && bounds.preemptions > Bounds::kMostWhenMerged) {
    throw std::invalid_argument("with states merged, no more than 6 preemptions");
  }
  Outcome outcome;
  DepthFirst strategy(bounds);
  while (outcome.schedules < bounds.schedules) {
    if (!run_once(scenario, strategy, outcome) && !bounds.shortest) return outcome;
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
  Run run(strategy, &outcome.events);
  run.execute(scenario);
  outcome.schedules = 1;
  outcome.failure = run.failure();
  outcome.schedule = schedule;
  return outcome;
}

void require(bool condition, const char* what) {
  if (!condition) Run::current->fail(what);
}
bool time_had_to_help() { return Run::current->time_had_to_help(); }
bool time_came_early() { return Run::current->time_came_early(); }
void name_this_thread(const char* name) { Run::current->name_this_thread(name); }
const std::string& name_of_this_thread() { return Run::current->name_of_this_thread(); }
void remark(const std::string& text) { Run::current->remark(text); }
void any_moment() { Run::current->any_moment(); }
void stop_choosing() { Run::current->set_choosing(false); }
void start_choosing() { Run::current->set_choosing(true); }
void touch(History& history) { Run::current->touch(history); }

void fail_to_start(const char* name) { Run::current->fail_to_start(name); }
void locks_may_nest() { Run::current->locks_may_nest(); }
void may_hold_while_locking(const void* object, std::size_t bytes, int and_below) {
  Run::current->may_hold_while_locking(object, bytes, and_below);
}
void stands_for_the_kernel(const void* object, std::size_t bytes) {
  Run::current->stands_for_the_kernel(object, bytes);
}

Watch::Watch(std::string name, std::size_t cells, std::function<std::string()> value) {
  Run::current->watch({{std::move(name), cells}, std::move(value), {}});
}
Watch::~Watch() {
  if (Run::current != nullptr) Run::current->end_watch();
}

void point(Operation operation, AtomicState& atomic, bool writes, Where where) {
  if (Run::current != nullptr) Run::current->point(operation, atomic, writes, where);
}
void destroy(AtomicState& atomic) {
  if (Run::current != nullptr) Run::current->destroy(atomic);
}
void count_is_read(const int* count) {
  if (Run::current != nullptr) Run::current->count_is_used(Operation::kReadCount, count);
}
void count_falls(const int* count) {
  if (Run::current != nullptr) Run::current->count_is_used(Operation::kDropCount, count);
}
void count_grows(const int* count) {
  if (Run::current != nullptr) Run::current->count_grows(count);
}
void lock(MutexState& mutex, Where where) {
  if (Run::current != nullptr) Run::current->lock(mutex, where);
}
void unlock(MutexState& mutex, Where where) {
  if (Run::current != nullptr) Run::current->unlock(mutex, where);
}
void destroy(MutexState& mutex) {
  if (Run::current != nullptr) Run::current->destroy(mutex);
}
bool wait(CondState& condition, MutexState& mutex, TimePoint deadline, Where where) {
  return Run::current->wait(condition, mutex, deadline, where);
}
void notify(CondState& condition, bool all, Where where) {
  if (Run::current != nullptr) Run::current->notify(condition, all, where);
}
void destroy(CondState& condition) {
  if (Run::current != nullptr) Run::current->destroy(condition);
}
int start(std::string name, std::function<void()> body, Where where) {
  return Run::current->start(std::move(name), std::move(body), where);
}
void join(int id, Where where) { Run::current->join(id, where); }
TimePoint now(Where where) {
  return Run::current != nullptr ? Run::current->now(where) : TimePoint{};
}
TimePoint glance_at_the_clock() {
  return Run::current != nullptr ? Run::current->glance_at_the_clock() : TimePoint{};
}

}  // namespace explore
