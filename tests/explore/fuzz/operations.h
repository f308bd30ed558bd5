// What a thread does from one choice to the next.
#pragma once

#include "program.h"
#include "world.h"

namespace explore::fuzz {

/// Before the first choice: thread 0 has begun.
World first_world(const Program& program);

/// The thread that runs does what it stands before, and all up to where it stands next.
void act(World& world, const Program& program);

}  // namespace explore::fuzz
