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

namespace explore {

using TimePoint = std::chrono::steady_clock::time_point;
constexpr int kNobody = -1;

// -- What a scenario says
// ---------------------------------------------------------------------------

/// Fails the schedule unless `condition` holds.
void require(bool condition, const char* what);

/// A name for an object, in the printed schedules.
void name(const void* object, const char* name);

// -- What an exploration found
// ----------------------------------------------------------------------

struct Bounds {
  int preemptions = 2;  // also: timeouts and spurious wakes while somebody could run
  std::uint64_t schedules = 50'000'000;
};

struct Outcome {
  std::uint64_t schedules = 0;
  bool exhausted = false;          // all schedules within the bound were tried
  std::string failure;             // empty: none was found
  std::vector<std::string> steps;  // of the failing schedule
  std::string schedule;            // its decisions, for replay()
};

using Scenario = std::function<void()>;

Outcome explore(const Scenario& scenario, const Bounds& bounds = {});

/// PCT (Burckhardt et al., ASPLOS 2010): random priorities, which change at a few random places.
Outcome search(const Scenario& scenario, std::uint64_t schedules, std::uint64_t seed);

/// One schedule again, `Outcome::schedule` of an earlier one, with all its steps.
Outcome replay(const Scenario& scenario, const std::string& schedule);

// -- What the explorer's triloop/sync.h calls
// -------------------------------------------------------

struct MutexState {
  int owner = kNobody;
};
struct CondState {
  std::vector<int> waiters;
};

/// Somebody else may go on here. `operation` is what the thread is about to do.
void point(const char* operation, const void* object);
void lock(MutexState& mutex);
void unlock(MutexState& mutex);
void destroy(const MutexState& mutex);
/// False if the deadline ended it.
bool wait(CondState& condition, MutexState& mutex, TimePoint deadline);
void notify(CondState& condition, bool all);
void destroy(const CondState& condition);
int start(std::string name, std::function<void()> body);
void join(int id);
TimePoint now();

}  // namespace explore
