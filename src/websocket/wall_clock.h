/// The clock on the wall: for people and for HTTP, never for a deadline.
#pragma once

#include <ctime>

namespace triloop {

/// Seconds since 1970. It may be set, and so may go back. A seam: tests may link a clock of their
/// own.
std::time_t wall_clock();

}  // namespace triloop
