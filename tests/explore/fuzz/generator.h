// Random programs.
#pragma once

#include <cstdint>

#include "program.h"

namespace explore::fuzz {

/// The same for the same seed. With deadlines: most of its waits have one, and it reads the clock.
Program generate(std::uint64_t seed, bool with_deadlines);

}  // namespace explore::fuzz
