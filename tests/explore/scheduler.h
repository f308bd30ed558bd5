// Runs a scenario's threads one at a time, and decides at each of their operations who goes on.
//
// A schedule is the list of those decisions. explore() tries one after the other, depth first,
// all that have no more than so many preemptions; search() tries random ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "count_seam.h"
#include "event.h"

namespace explore {

using TimePoint = std::chrono::steady_clock::time_point;

// A hash of what has led to the present state of a thread or of an object (run.h).
using History = std::uint64_t;

// -- What a scenario says -------------------------------------------------------------------------

/// Fails the schedule unless `condition` holds.
void require(bool condition, const char* what);

/// Has a deadline passed because nobody could go on without it? Then somebody waits for what will
/// not come, and only time has freed him.
bool time_had_to_help();

/// Has a deadline passed although somebody could go on? So it may be on a slow machine.
bool time_came_early();

/// A name for an object, or for all that is inside it, in the printed schedules.
void name(const void* object, std::size_t bytes, const char* name);
template <typename T>
void name(const T& object, const char* name) {
  explore::name(&object, sizeof object, name);
}

/// The name of the thread that runs the scenario; "main" if there is none.
void name_this_thread(const char* name);
const std::string& name_of_this_thread();

/// A line for the printed schedule. No choice point.
void remark(const std::string& text);

/// What the threads share, to be looked at (it is no part of what is printed): `value` says what it
/// is now, in a word for each cell, or "1" for a flag that is set. Until it is destroyed, which
/// must come before what it looks at.
class Watch {
 public:
  /// So many cells; 0: a flag.
  Watch(std::string name, std::size_t cells, std::function<std::string()> value);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};

/// The next action of this thread may come at any moment: the others run first, or not, and neither
/// is a preemption. A second action needs a second any_moment().
void any_moment();

/// Until start_choosing() nobody is preempted, and no wait ends before it has to: who can go on
/// does, and then whoever was started first. For the way to what a scenario asks, and for the look
/// at what has come out: one schedule of it is enough.
void stop_choosing();
void start_choosing();

/// The scenario reads or writes what other threads share, and no lock orders it. No choice point.
void touch(History& history);

/// The next thread of this name cannot be started: the system has none left.
void fail_to_start(const char* name);

// STYLE: one lock at a time. To take a second one, or to wait or join with one in one's hand, is a
// failure, but that the scenario may say who may take a second one.

/// All mutexes of this schedule may be taken one inside the other.
void locks_may_nest();

/// While a mutex that is inside `object` is held another one may be taken; and below it, while so
/// many that were taken `and_below` are held. To wait or join with it in one's hand stays a
/// failure.
void may_hold_while_locking(const void* object, std::size_t bytes, int and_below);
template <typename T>
void may_hold_while_locking(const T& object, int and_below = 0) {
  explore::may_hold_while_locking(&object, sizeof object, and_below);
}

/// The mutexes inside `object` stand for what the kernel does: they are not counted.
void stands_for_the_kernel(const void* object, std::size_t bytes);
template <typename T>
void stands_for_the_kernel(const T& object) {
  explore::stands_for_the_kernel(&object, sizeof object);
}

// -- What an exploration found --------------------------------------------------------------------

struct Bounds {
  static constexpr int kMostWhenMerged = 6;  // what Visited has bits for

  int preemptions = 2;  // also: timeouts and spurious wakes while somebody could run
  std::uint64_t schedules = 50'000'000;
  bool merge = false;     // go on from each state once only
  bool spurious = true;   // waits may end for no reason
  bool shortest = false;  // go on after a failure, and keep the one with the fewest steps
};

struct Outcome {
  std::uint64_t schedules = 0;
  bool exhausted = false;        // all schedules within the bound were tried
  std::string failure;           // empty: none was found
  std::vector<Event> events;     // of the failing schedule
  std::string schedule;          // its decisions, for replay()
  std::uint64_t step_count = 0;  // of the failing schedule
};

using Scenario = std::function<void()>;

/// Throws std::invalid_argument for more preemptions than can be merged.
Outcome explore(const Scenario& scenario, const Bounds& bounds = {});

/// PCT (Burckhardt et al., ASPLOS 2010): random priorities, which change at a few random places.
Outcome search(const Scenario& scenario, std::uint64_t schedules, std::uint64_t seed);

/// From now on a crash or an abort() fails the schedule in which it happens.
void catch_crashes();

/// One schedule again, `Outcome::schedule` of an earlier one, with all its steps.
Outcome replay(const Scenario& scenario, const std::string& schedule);

// -- What the explorer's triloop/sync.h calls -----------------------------------------------------

/// In each object, from its constructor to its destructor: who uses it afterwards finds it gone.
/// (What is freed in a schedule is not used again before its end: graveyard.cpp.)
enum class Canary : std::uint32_t { kDead = 0, kAlive = 0x600DC0DE };

struct MutexState {
  int owner = kNobody;
  History history = 0;
  Canary canary = Canary::kAlive;
};
struct CondState {
  std::vector<int> waiters;
  Canary canary = Canary::kAlive;
};
struct AtomicState {
  History history = 0;
  Canary canary = Canary::kAlive;
};

/// Somebody else may go on here. `operation` is what the thread is about to do to an atomic.
void point(Operation operation, AtomicState& atomic, bool writes, Where where = {});
void destroy(AtomicState& atomic);
void lock(MutexState& mutex, Where where = {});
void unlock(MutexState& mutex, Where where = {});
void destroy(MutexState& mutex);
/// False if the deadline ended it.
bool wait(CondState& condition, MutexState& mutex, TimePoint deadline, Where where = {});
void notify(CondState& condition, bool all, Where where = {});
void destroy(CondState& condition);
/// kNobody if the scenario lets it fail.
int start(std::string name, std::function<void()> body, Where where = {});
void join(int id, Where where = {});
/// Time may pass here.
TimePoint now(Where where = {});
/// Time stands still here: nobody decides anything by the answer.
TimePoint glance_at_the_clock();

}  // namespace explore
