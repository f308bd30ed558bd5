/// An echo that can be asked to misbehave: what the page's lab talks to.
#pragma once

#include "triloop/connection.h"
#include "triloop/server.h"

namespace triloop {

/// Echoes like echo(), and obeys two messages: `!close 1000 bye`, and `!throw`.
void lab(Connection& connection);

/// Gives /lab to an echo like that, which obeys three more (docs/inspect.md#the-lab): it starts
/// peers that misbehave, `!peer stops-reading TAB` and `!peer vanishes TAB`, and aborts the
/// connection of a tab, `!cut TAB`. There are no heartbeats. Before run().
void serve_lab(Server& server, const Options& options);

}  // namespace triloop
