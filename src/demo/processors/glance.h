/// How often a wait that no latch can end looks at one.
#pragma once

#include <chrono>

namespace triloop {

/// Between looks at a latch, for no call waits for a socket and a latch at once.
constexpr std::chrono::milliseconds kGlance{100};

}  // namespace triloop
