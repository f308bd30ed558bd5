// A client with deadlines so long that a test which ends in time has not needed them.
#pragma once

#include "support/threads.h"
#include "triloop/client_options.h"

namespace triloop::testing {

inline ClientOptions patient_client() {
  ClientOptions options;
  options.ping_interval = std::chrono::milliseconds(0);
  options.connect_timeout = options.handshake_timeout = options.write_timeout = kFailSafe;
  options.close_timeout = kFailSafe;
  return options;
}

}  // namespace triloop::testing
