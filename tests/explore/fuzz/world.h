// A program in the midst of a schedule, as the interpreter sees it: a table.
#pragma once

#include <array>
#include <cstring>
#include <type_traits>

#include "ending.h"
#include "program.h"

namespace explore::fuzz {

constexpr Small kNobody = -1;
constexpr Small kNever = 127;

/// Where a thread stands while others may run: before its operation, or in the midst of it.
enum class Stands : Small {
  kNotStarted,
  kSetsOut,     // it begins, or has just started another one
  kCanAct,      // before what it can do at once
  kWantsMutex,  // of a lock, or of a wait that is over
  kWaits,
  kJoins,
  kLetsOthers,  // any_moment()
  kPicks,       // inside notify_one, which wakes one of them: nobody else can go on
  kDone,
};

struct Thread {
  Stands stands = Stands::kNotStarted;
  Small last = 0;   // what it has seen last
  Small clock = 0;  // when it looked last
  Small deadline = kNever;
  Small timed_out = 0;
  Small counted = 0;  // what it has read of a count, in the midst of an operation on a pointer
  std::array<Small, kMostObjects> owns{};  // by a shared_ptr
};

struct World {
  Ending so_far;
  std::array<Thread, kMostThreads> threads{};
  std::array<Small, kMostObjects> owners{};  // of the mutexes
  Small running = 0;                         // who ran last

  World() { owners.fill(kNobody); }
  bool operator==(const World& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(std::has_unique_object_representations_v<World>);

inline std::size_t index(Small number) { return static_cast<std::size_t>(number); }

/// The operation at which a thread stands.
inline const Operation& operation_of(const World& world, std::size_t id, const Program& program) {
  return program.threads[id][index(world.so_far.at[id])];
}

inline bool waits_for(Small condition, const World& world, std::size_t id, const Program& program) {
  return world.threads[id].stands == Stands::kWaits &&
         operation_of(world, id, program).object == condition;
}

}  // namespace explore::fuzz
