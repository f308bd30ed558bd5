/// Options that make no sense are refused when they are given, not when they are used.
#pragma once

#include "life/check_path.h"
#include "triloop/options.h"

namespace triloop {

/// Throws std::invalid_argument, which says what is demanded; returns what it was given.
const Options& checked(const Options& options);

}  // namespace triloop
