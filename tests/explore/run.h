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

// What a thread does, or is about to do. kBegin: nothing that another one could see, up to its next
// choice; it has just been started, or has just started another one.
struct Deed {
  Operation operation = Operation::kBegin;
  const char* kind = nullptr;  // of the object, if there is one
  const void* object = nullptr;
  Where where = {};
};

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
  Deed next;        // for who looks on: at a choice
  Where from = {};  // what it does is shown as if it did it here, if this is a place
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

// What a scenario lets watch.
struct Value {
  std::string name;
  std::size_t cells = 0;  // 0: a flag
};

// How a thread stands at a choice.
struct Standing {
  enum class Stand { kNew, kReady, kWantsMutex, kAsleep, kJoins, kDone } stand = Stand::kNew;
  Who who;
  std::string whom;  // the mutex or the condition, by name
  int joined = kNobody;
  bool has_next = false;
  Event next;  // if it goes on
};

// A history is a hash of what a thread has done and of what it can have learnt: taking a mutex, it
// learns the history of those who had it before; reading an atomic, that of its writers; joining a
// thread, all that this one knew; and from a wait whether its deadline has passed. Threads are
// deterministic but for that, so the histories of all of them, and who waits, are the state of the
// schedule. Two schedules that differ only in the
// order of steps that have nothing to do with each other come to the same state.
class Run final : public Situation {
 public:
  Run(Strategy& strategy, std::vector<Event>* events) : strategy_(strategy), events_(events) {}

  void execute(const Scenario& scenario);

  const std::string& failure() const { return failure_; }
  std::uint64_t step_count() const { return count_; }
  bool time_had_to_help() const { return time_had_to_help_; }
  bool time_came_early() const { return time_came_early_; }
  TimePoint now(Where where);
  TimePoint glance_at_the_clock() const { return now_; }

  void point(Operation operation, AtomicState& atomic, bool writes, Where where);
  void destroy(AtomicState& atomic);
  void count_is_used(Operation operation, const int* count);
  void count_grows(const int* count);
  void lock(MutexState& mutex, Where where);
  void unlock(MutexState& mutex, Where where);
  void destroy(MutexState& mutex);
  bool wait(CondState& condition, MutexState& mutex, TimePoint deadline, Where where);
  void notify(CondState& condition, bool all, Where where);
  void destroy(CondState& condition);
  int start(std::string name, std::function<void()> body, Where where);
  void join(int id, Where where);
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
  void remark(const std::string& text);
  struct Watched {
    Value shown;
    std::function<std::string()> value;
    std::string last;  // that was told
  };
  void watch(Watched watched);
  void end_watch() { watches_.pop_back(); }
  void name_this_thread(const char* name) { current_->name = name; }
  const std::string& name_of_this_thread() const { return current_->name; }
  [[noreturn]] void fail(const std::string& what);

  std::uint64_t state() const override;
  // The same, whoever has run last.
  std::uint64_t state_of_all() const;

  // For who looks on, at a choice or after the end.
  std::vector<Standing> standings();
  Where set_from(Where where) { return std::exchange(current_->from, where); }
  const std::vector<Value>& values() const { return values_; }
  std::size_t event_count() const { return events_ == nullptr ? 0 : events_->size(); }

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
  void note(const Deed& deed, std::vector<Who> others = {});
  void add(Event event);
  void look_at_values();
  Event event_of(const Fiber& fiber, const Deed& deed);
  Who who(const Fiber& fiber) const { return {fiber.id, fiber.name}; }
  std::string describe(const char* kind, const void* object);
  [[noreturn]] void end_with(const std::string& failure);
  [[noreturn]] void deadlock();

  Strategy& strategy_;
  std::vector<Event>* const events_;  // null: nobody looks on
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
  std::vector<Watched> watches_;
  std::vector<Value> values_;  // of all that were watched
  std::map<const void*, std::string> names_;
  std::map<std::string, int> of_kind_;  // how many have a name that begins so
};

}  // namespace explore
