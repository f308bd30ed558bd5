#include "rules.h"

#include <algorithm>

#include "operations.h"

namespace explore::fuzz {
namespace {

bool can_run(const World& world, std::size_t id, const Program& program) {
  switch (world.threads[id].stands) {
    case Stands::kSetsOut:
    case Stands::kCanAct:
    case Stands::kLetsOthers:
      return true;
    case Stands::kWantsMutex: {
      const Operation& operation = operation_of(world, id, program);
      return world.owners[index(operation.is_wait() ? operation.mutex : operation.object)] ==
             kNobody;
    }
    case Stands::kJoins:
      return world.threads[index(operation_of(world, id, program).object)].stands == Stands::kDone;
    default:
      return false;
  }
}

bool has_deadline(const World& world, std::size_t id) {
  return world.threads[id].stands == Stands::kWaits && world.threads[id].deadline != kNever;
}

World run(World world, std::size_t id, const Program& program) {
  world.running = static_cast<Small>(id);
  act(world, program);
  return world;
}

World woken(World world, std::size_t id) {
  world.threads[id].stands = Stands::kWantsMutex;
  return world;
}

World timed_out(World world, std::size_t id, bool early) {
  world.so_far.clock = std::max(world.so_far.clock, world.threads[id].deadline);
  (early ? world.so_far.came_early : world.so_far.had_to_help) = 1;
  world.threads[id].timed_out = 1;
  return woken(world, id);
}

// notify_one wakes whom it likes, for nothing. Nobody else can go on meanwhile.
std::vector<Move> picks(const World& world, const Program& program) {
  std::vector<Move> moves;
  const Small condition = operation_of(world, index(world.running), program).object;
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    if (!waits_for(condition, world, id, program)) continue;
    moves.push_back({0, run(woken(world, id), index(world.running), program)});
  }
  return moves;
}

}  // namespace

std::vector<Move> moves(const World& world, const Program& program) {
  const std::size_t running = index(world.running);
  const Stands stands = world.threads[running].stands;
  if (stands == Stands::kPicks) return picks(world, program);
  std::vector<Move> moves;

  // Who ran last goes on for nothing, and that another one does is a preemption. If he cannot go
  // on, or lets the others run, all are free.
  const bool goes_on = can_run(world, running, program) && stands != Stands::kLetsOthers;
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    if (!can_run(world, id, program)) continue;
    moves.push_back({goes_on && id != running ? 1 : 0, run(world, id, program)});
  }

  // While somebody can run, any wait may end at its deadline, or for no reason, and each costs one.
  // When nobody can, the earliest deadline comes, and is free.
  const bool somebody = !moves.empty();
  Small earliest = kNever;
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    if (has_deadline(world, id)) earliest = std::min(earliest, world.threads[id].deadline);
  }
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    if (has_deadline(world, id) && (somebody || world.threads[id].deadline == earliest)) {
      moves.push_back({somebody ? 1 : 0, timed_out(world, id, somebody)});
    }
    if (somebody && program.spurious && world.threads[id].stands == Stands::kWaits) {
      moves.push_back({1, woken(world, id)});
    }
  }
  return moves;
}

}  // namespace explore::fuzz
