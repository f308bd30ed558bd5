// Goes through all schedules. It knows nothing of the explorer: a state of a program is a table,
// what may come next is a list of tables, and two states are one if they are the same byte by byte.
#include "interpreter.h"

#include <deque>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "operations.h"
#include "rules.h"

namespace explore::fuzz {
namespace {

constexpr std::size_t kMostWorlds = 100'000;

struct Hash {
  std::size_t operator()(const World& world) const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(&world), sizeof world});
  }
};

Ending ending_of(const World& world, const Program& program) {
  Ending ending = world.so_far;
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    if (world.threads[id].stands != Stands::kDone) ending.deadlock = 1;
  }
  if (ending.deadlock != 0) ending.clock = ending.had_to_help = ending.came_early = 0;
  return ending;
}

}  // namespace

// States that cost less come first, so each is looked at once, at its least cost.
std::optional<std::map<Ending, int>> all_endings(const Program& program) {
  std::map<Ending, int> endings;
  std::unordered_set<World, Hash> known;
  std::deque<std::pair<World, int>> ahead{{first_world(program), 0}};
  while (!ahead.empty()) {
    const auto [world, spent] = ahead.front();
    ahead.pop_front();
    if (!known.insert(world).second) continue;
    if (known.size() > kMostWorlds) return std::nullopt;
    const std::vector<Move> next = moves(world, program);
    if (next.empty()) endings.emplace(ending_of(world, program), spent);
    for (const Move& move : next) {
      if (move.cost == 0) {
        ahead.emplace_front(move.world, spent);
      } else if (program.preemptions == kUnbounded || spent < program.preemptions) {
        ahead.emplace_back(move.world, spent + 1);
      }
    }
  }
  return endings;
}

}  // namespace explore::fuzz
