/// Options that make no sense are refused when they are given, not when they are used.
#pragma once

#include <chrono>
#include <initializer_list>

#include "triloop/options.h"

namespace triloop {

/// Throws std::invalid_argument, which says what is demanded.
void check(const PathOptions& options);

/// Throws std::invalid_argument with this text unless it is good.
void demand(bool good, const char* what);

/// Demands that none is longer than a year: a deadline that lies further ahead may not fit into the
/// clock's type.
void demand_sensible(std::initializer_list<std::chrono::milliseconds> durations);

/// Demands a stack on which a connection's threads can live; 0 is the system's default.
void demand_stack(std::size_t bytes);

}  // namespace triloop
