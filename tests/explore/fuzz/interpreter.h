// All schedules of a program, without the explorer: what it has to find.
#pragma once

#include <map>
#include <optional>

#include "ending.h"
#include "program.h"

namespace explore::fuzz {

/// All endings within the program's bound, each with the least number of preemptions that leads to
/// it. Nothing if there are too many states to look at them all.
std::optional<std::map<Ending, int>> all_endings(const Program& program);

}  // namespace explore::fuzz
