// A program as a scenario of the explorer.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "ending.h"
#include "program.h"
#include "scheduler.h"

namespace explore::fuzz {

struct Played {
  bool exhausted = false;
  std::uint64_t schedules = 0;
  std::set<Ending> endings;
  std::string failure;  // one that is no deadlock
};

Played play(const Program& program, const Bounds& bounds);

}  // namespace explore::fuzz
