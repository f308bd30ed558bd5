// Scenarios that are too large for a graph, played by whoever writes lines: `explorer --play`.
#pragma once

#include <string>
#include <vector>

#include "scenarios.h"

namespace explore {

struct Playable {
  std::string group;
  Named named;
};

/// Reads lines from standard input until its end, and answers each with a line of JSON:
///
///     {"list":true}                            {"scenarios":[{"name":..., "group":...}, ...]}
///     {"scenario":NAME, "choices":"10100"}     a level (level.h) with the node behind these
///     choices anything else                            {"error":...}
///
/// Whoever writes may be hostile: a line has a bound, each is played in a process of its own with a
/// bound on time and answer, and none makes it open a file or run a program. Returns the exit
/// status.
int play_lines(const std::vector<Playable>& scenarios);

}  // namespace explore
