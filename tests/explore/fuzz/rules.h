// The rules of the scheduler, written down a second time: who may go on, and what it costs.
#pragma once

#include <vector>

#include "program.h"
#include "world.h"

namespace explore::fuzz {

struct Move {
  int cost;
  World world;  // what comes of it
};

/// All that may come next. Nothing if nobody can go on, and no deadline can come.
std::vector<Move> moves(const World& world, const Program& program);

}  // namespace explore::fuzz
