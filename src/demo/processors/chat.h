/// Rooms in which everybody hears what anybody says.
#pragma once

#include <memory>

#include "rooms.h"

namespace triloop {

/// `/ws/lobby?name=ann` if it handles "/ws/*", or `/ws?room=lobby&name=ann`: each text message is
/// said to all in the room. `&token=`, from an earlier welcome, shows that it is the same person
/// who comes again. What they are sent is in docs/processors/chat.md.
Processor chat(std::shared_ptr<Rooms> rooms);

}  // namespace triloop
