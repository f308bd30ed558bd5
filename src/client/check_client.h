/// Options that make no sense are refused when they are given, not when they are used.
#pragma once

#include "triloop/client_options.h"

namespace triloop {

/// Throws std::invalid_argument, which says what is demanded; returns what it was given.
const ClientOptions& checked(const ClientOptions& options);

}  // namespace triloop
