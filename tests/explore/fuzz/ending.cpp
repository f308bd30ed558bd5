#include "ending.h"

namespace explore::fuzz {

std::string text(const Ending& ending, const Program& program) {
  std::string all = ending.deadlock != 0 ? "deadlock" : "clock " + std::to_string(ending.clock);
  if (ending.had_to_help != 0) all += ", time had to help";
  if (ending.came_early != 0) all += ", time came early";
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    const Body& body = program.threads[id];
    all += "; thread " + std::to_string(id) + ":";
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (ending.seen[id][i] == kNothing) continue;
      all += " (" + text(body[i]) + ") " + std::to_string(ending.seen[id][i]);
    }
    const auto at = static_cast<std::size_t>(ending.at[id]);
    if (at < body.size()) all += " stands at (" + text(body[at]) + ")";
  }
  for (const auto& [letter, values] :
       {std::pair{'a', ending.atomics}, std::pair{'v', ending.variables},
        std::pair{'u', ending.touched}}) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == 0) continue;
      all += std::string("; ") + letter + std::to_string(i) + " = " + std::to_string(values[i]);
    }
  }
  return all;
}

}  // namespace explore::fuzz
