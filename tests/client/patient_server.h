// A server with deadlines so long that a test which ends in time has not needed them.
#pragma once

#include "support/running_server.h"
#include "support/threads.h"

namespace triloop::testing {

inline Options patient_server() {
  Options options = quiet_options();
  options.handshake_timeout = options.write_timeout = options.close_timeout =
      options.drain_timeout = kFailSafe;
  return options;
}

}  // namespace triloop::testing
