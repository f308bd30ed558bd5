// One schedule: the threads, and who of them may go on.
#pragma once

#include <ucontext.h>

#include <csetjmp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler.h"
#include "strategies.h"

namespace explore {

// What libstdc++ keeps for each thread about exceptions that are being handled. Here all threads
// are one to it, and a switch may come inside a catch.
struct Exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

enum class State { kReady, kWantsMutex, kWaits, kJoins, kYields, kDone };

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
  std::vector<const MutexState*> held;
  History history = 0;
};

// What the scenario has said about some of its objects.
class Places {
 public:
  void add(const void* object, std::size_t bytes) {
    const char* begin = static_cast<const char*>(object);
    places_.emplace_back(begin, begin + bytes);
  }
  bool have(const void* object) const;

 private:
  std::vector<std::pair<const char*, const char*>> places_;
};

// A history is a hash of what a thread has done and of what it can have learnt: taking a mutex, it
// learns the history of those who had it before; reading an atomic, that of its writers; joining a
// thread, all that this one knew; and from a wait whether its deadline has passed. Threads are
// deterministic but for that, so the histories of all of them, and who waits, are the state of the
// schedule. Two schedules that differ only in the
// order of steps that have nothing to do with each other come to the same state.
class Run final : public Situation {
 public:
  Run(Strategy& strategy, std::vector<Step>* steps) : strategy_(strategy), steps_(steps) {}

  void execute(const Scenario& scenario);

  const std::string& failure() const { return failure_; }
  std::uint64_t step_count() const { return count_; }
  bool time_had_to_help() const { return time_had_to_help_; }
  bool time_came_early() const { return time_came_early_; }
  TimePoint now();
  TimePoint glance_at_the_clock() const { return now_; }

  void point(const char* operation, AtomicState& atomic, bool writes);
  void destroy(AtomicState& atomic);
  void count_is_used(const char* operation, const int* count, bool falls);
  void count_grows(const int* count);
  void lock(MutexState& mutex);
  void unlock(MutexState& mutex);
  void destroy(MutexState& mutex);
  bool wait(CondState& condition, MutexState& mutex, TimePoint deadline);
  void notify(CondState& condition, bool all);
  void destroy(CondState& condition);
  int start(std::string name, std::function<void()> body);
  void join(int id);
  void any_moment();
  void set_choosing(bool choosing) { choosing_ = choosing; }
  void touch(History& history);
  void fail_to_start(const char* name) { missing_threads_.insert(name); }
  void locks_may_nest() { locks_may_nest_ = true; }
  void may_hold_while_locking(const void* object, std::size_t bytes, int and_below) {
    outer_.push_back({{}, and_below});
    outer_.back().places.add(object, bytes);
  }
  void stands_for_the_kernel(const void* object, std::size_t bytes) { kernel_.add(object, bytes); }
  void remark(const std::string& text) { note(text); }
  void name_this_thread(const char* name) { current_->name = name; }
  const std::string& name_of_this_thread() const { return current_->name; }
  [[noreturn]] void fail(const std::string& what);

  std::uint64_t state() const override;

  // The one that runs now; nullptr between schedules.
  static Run* current;

 private:
  static void enter();
  static void forget_names();  // of the schedule before

  Fiber& fiber(int id) { return fibers_[static_cast<std::size_t>(id)]; }
  bool can_run(const Fiber& fiber) const;
  bool goes_on_by_itself(const Fiber& fiber) const;
  const std::vector<Option>& options();
  void add_timeouts(bool somebody_runs);
  void demand_alive(Canary canary, const char* kind, const void* object);
  void demand_may_lock(const MutexState& mutex);
  void demand_no_other_lock(const MutexState* mutex, const char* what);
  void release(MutexState& mutex);
  void take(MutexState& mutex);
  std::size_t pick(const std::vector<Option>& options, const Situation* situation);
  void schedule();
  void take(const Option& chosen);
  void switch_to(Fiber& next);
  void end_wait(Fiber& fiber, bool timed_out);
  void learn(History what);
  void note(const std::string& what);
  void note(const char* what, const char* kind, const void* object);
  std::string describe(const char* kind, const void* object);
  [[noreturn]] void end_with(const std::string& failure);
  [[noreturn]] void deadlock();

  Strategy& strategy_;
  std::vector<Step>* const steps_;
  std::string failure_;
  TimePoint now_{};
  std::uint64_t count_ = 0;
  bool time_had_to_help_ = false;
  bool time_came_early_ = false;
  std::deque<Fiber> fibers_;
  std::vector<Option> options_;  // of this moment
  Fiber* current_ = nullptr;
  ucontext_t main_{};
  struct Outer {
    Places places;      // mutexes in there may be held while another one is taken
    int and_below = 0;  // and so many that were taken since
  };
  std::vector<Outer> outer_;
  Places kernel_;  // mutexes in there are none of the product's
  bool locks_may_nest_ = false;
  bool choosing_ = true;                            // no part of the state: the histories tell
  std::multiset<std::string> missing_threads_;      // that are still to fail
  std::unordered_map<const int*, History> counts_;  // of shared pointers
  std::map<const void*, std::string> names_;
  std::map<std::string, int> of_kind_;  // how many have a name that begins so
};

}  // namespace explore
