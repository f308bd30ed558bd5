/// A way through to a TCP server: each connection has one of its own there.
#pragma once

#include <string>

#include "triloop/connection.h"

namespace triloop {

/// The data of each message goes to `upstream` ("localhost:6379"), as it is; what comes back goes
/// to the peer in binary messages, cut anywhere. Throws std::invalid_argument if that is no
/// address.
Processor proxy(const std::string& upstream);

}  // namespace triloop
