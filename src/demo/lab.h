/// An echo that can be asked to misbehave: what the page's lab talks to.
#pragma once

#include "triloop/server.h"

namespace triloop {

/// Gives /lab to an echo that obeys a few messages (docs/inspect.md#the-lab): `!close 1000 bye` and
/// `!throw`; it starts peers that misbehave, `!peer stops-reading TAB` and `!peer vanishes TAB`,
/// and aborts the connection of a tab, `!cut TAB`. There are no heartbeats. Before run().
void serve_lab(Server& server, const Options& options);

}  // namespace triloop
