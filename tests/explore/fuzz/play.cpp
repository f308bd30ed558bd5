#include "play.h"

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "triloop/sync.h"

namespace explore::fuzz {
namespace {

using triloop::Clock;
using triloop::TimePoint;
using Seconds = std::chrono::seconds;

Small seconds(TimePoint time) {
  return static_cast<Small>(std::chrono::duration_cast<Seconds>(time.time_since_epoch()).count());
}

// One schedule. It lies on the stack of the scenario's thread; what was seen outlives it.
class Schedule {
 public:
  Schedule(const Program& program, Ending& ending) : program_(program), ending_(ending) {
    if (!has_pointers(program)) return;
    for (std::size_t id = 0; id < kMostObjects && id < program.threads.size(); ++id) {
      shared_[id][id] = std::make_shared<int>();
      weak_[id] = shared_[id][id];
    }
  }

  void run(std::size_t id) {
    Small& at = ending_.at.at(id);
    TimePoint clock{};
    Small last = 0;
    for (const Operation& operation : program_.threads[id]) {
      if (!operation.only_if || last != 0) {
        const Small seen = operation.is_wait()         ? wait(operation, clock)
                           : operation.is_of_pointer() ? point(operation, id)
                                                       : act(operation, clock);
        ending_.seen.at(id).at(static_cast<std::size_t>(at)) = seen;
        if (seen != kNothing) last = seen;
      }
      ++at;
    }
  }

  void end() {
    for (std::size_t i = 0; i < atomics_.size(); ++i) ending_.atomics[i] = atomics_[i].load();
    ending_.clock = seconds(Clock::now());
    ending_.had_to_help = time_had_to_help();
    ending_.came_early = time_came_early();
  }

 private:
  // What it sees; kNothing if that is nothing.
  Small wait(const Operation& operation, TimePoint clock) {
    const auto number = static_cast<std::size_t>(operation.mutex);
    triloop::Mutex& mutex = mutexes_.at(number);
    triloop::CondVar& condition = conditions_.at(static_cast<std::size_t>(operation.object));
    const TimePoint deadline = clock + Seconds(operation.deadline);
    switch (operation.kind) {
      case Operation::kWait:
        condition.wait(mutex);
        return kNothing;
      case Operation::kWaitUntil:
        return condition.wait_until(mutex, deadline);
      case Operation::kAwait:
        while (ending_.variables.at(number) != operation.value) condition.wait(mutex);
        return 1;
      default:
        while (ending_.variables.at(number) != operation.value) {
          if (!condition.wait_until(mutex, deadline)) return 0;
        }
        return 1;
    }
  }

  Small point(const Operation& operation, std::size_t id) {
    const auto object = static_cast<std::size_t>(operation.object);
    std::shared_ptr<int>& mine = shared_.at(id).at(object);
    switch (operation.kind) {
      case Operation::kReset:
        return mine.reset(), kNothing;
      case Operation::kLockWeak:
        if (mine == nullptr) mine = weak_.at(object).lock();
        return mine != nullptr;
      default:
        return weak_.at(object).expired();
    }
  }

  Small act(const Operation& operation, TimePoint& clock) {
    const auto object = static_cast<std::size_t>(operation.object);
    switch (operation.kind) {
      case Operation::kLock:
        return mutexes_.at(object).lock(), kNothing;
      case Operation::kUnlock:
        return mutexes_.at(object).unlock(), kNothing;
      case Operation::kNotifyOne:
        return conditions_.at(object).notify_one(), kNothing;
      case Operation::kNotifyAll:
        return conditions_.at(object).notify_all(), kNothing;
      case Operation::kLoad:
        return atomics_.at(object).load();
      case Operation::kStore:
        atomics_.at(object).store(operation.value);
        ending_.atomics.at(object) = operation.value;
        return kNothing;
      case Operation::kUp:
        return ending_.atomics.at(object) = ++atomics_.at(object);
      case Operation::kDown:
        return ending_.atomics.at(object) = --atomics_.at(object);
      case Operation::kExchange: {
        const Small seen = atomics_.at(object).exchange(operation.value);
        ending_.atomics.at(object) = operation.value;
        return seen;
      }
      case Operation::kRead:
        return ending_.variables.at(object);
      case Operation::kWrite:
        return ending_.variables.at(object) = operation.value, kNothing;
      case Operation::kTouch:
        explore::touch(histories_.at(object));
        return std::exchange(ending_.touched.at(object), operation.value);
      case Operation::kAnyMoment:
        return explore::any_moment(), kNothing;
      case Operation::kNow:
        clock = Clock::now();
        return seconds(clock);
      case Operation::kStart:
        threads_.at(object) =
            triloop::Thread("thread " + std::to_string(object), [this, object] { run(object); });
        return kNothing;
      case Operation::kJoin:
        return threads_.at(object).join(), kNothing;
      default:
        return kNothing;
    }
  }

  const Program& program_;
  Ending& ending_;
  std::array<triloop::Mutex, kMostObjects> mutexes_;
  std::array<triloop::CondVar, kMostObjects> conditions_;
  std::array<triloop::Atomic<Small>, kMostObjects> atomics_;
  std::array<History, kMostObjects> histories_{};
  std::array<std::array<std::shared_ptr<int>, kMostObjects>, kMostThreads> shared_;  // of a thread
  std::array<std::weak_ptr<int>, kMostObjects> weak_;
  std::array<triloop::Thread, kMostThreads> threads_;
};

}  // namespace

Played play(const Program& program, const Bounds& bounds) {
  Played played;
  // Nobody tells a scenario that its schedule has failed: when the next one begins, the last has
  // not come to its end.
  Ending ending;
  bool runs = false;
  const auto note_deadlock = [&] {
    if (!runs) return;
    ending.deadlock = 1;
    played.endings.insert(ending);
  };
  Bounds all = bounds;
  all.shortest = true;  // it goes on after a deadlock
  const Outcome outcome = explore(
      [&] {
        note_deadlock();
        ending = Ending();
        runs = true;
        if (nests_locks(program)) locks_may_nest();
        Schedule schedule(program, ending);
        schedule.run(0);
        schedule.end();
        played.endings.insert(ending);
        runs = false;
      },
      all);
  note_deadlock();
  played.exhausted = outcome.exhausted;
  played.schedules = outcome.schedules;
  if (!outcome.failure.empty() && outcome.failure.find("nobody can go on") == std::string::npos) {
    played.failure = outcome.failure;
  }
  return played;
}

}  // namespace explore::fuzz
