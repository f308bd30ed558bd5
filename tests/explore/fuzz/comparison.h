// Does the explorer reach what the interpreter says, and nothing else?
#pragma once

#include <cstdint>
#include <string>

#include "program.h"

namespace explore::fuzz {

struct Verdict {
  std::string difference;       // empty: there is none
  bool skipped = false;         // it has too many schedules, at least at its largest bound
  bool has_deadlock = false;    // some schedule ends in one
  bool has_time_help = false;   // in some a deadline came when nobody could go on
  bool has_early_time = false;  // and in some before that
  bool has_races = false;       // it has more than one ending
};

/// At each bound up to the program's own, with states merged and without. In a process of its own,
/// since a schedule that ends in a deadlock leaves its stacks behind, and the explorer may crash.
Verdict compare(const Program& program, std::uint64_t most_schedules = 20'000);

}  // namespace explore::fuzz
