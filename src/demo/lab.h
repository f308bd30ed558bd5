/// An echo that can be asked to misbehave: what the page's lab talks to.
#pragma once

#include "triloop/connection.h"

namespace triloop {

/// Echoes like echo(), and obeys two messages: `!close 1000 bye`, and `!throw`.
void lab(Connection& connection);

}  // namespace triloop
