/// A way through to a TCP server: each connection has one of its own there.
#pragma once

#include <chrono>
#include <string>

#include "triloop/connection.h"

namespace triloop {

/// How long a proxy waits for an upstream server.
struct UpstreamPatience {
  std::chrono::milliseconds to_connect{5'000};
  /// After the peer's Close: for the next byte of what is still to come, and for the end of it.
  std::chrono::milliseconds to_answer{30'000};
  /// The same when the server stops.
  std::chrono::milliseconds to_answer_at_stop{2'000};
};

/// The data of each message goes to `upstream` ("localhost:6379"), as it is; what comes back goes
/// to the peer in binary messages, cut anywhere. A peer that is told a Close of its own, or 1000,
/// has got all; one that has not sees 1006, or another code. Throws std::invalid_argument if that
/// is no address.
Processor proxy(const std::string& upstream, const UpstreamPatience& patience = {});

}  // namespace triloop
