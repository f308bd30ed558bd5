/// JSON-RPC 2.0 over a connection: slow calls do not hold up quick ones.
#pragma once

#include <cstddef>

#include "json_rpc.h"
#include "rpc_methods.h"
#include "triloop/connection.h"
#include "workers.h"

namespace triloop {

/// Quick methods are called by the processor itself, slow ones by `workers` threads for each
/// connection. When those have all that they can take, a slow call gets the error -32000: as many
/// calls as there are workers may wait for one, and `waiting_bytes` of them.
Processor rpc(std::size_t workers, RpcMethods methods = demo_methods(),
              std::size_t waiting_bytes = kWaitingBytes);

}  // namespace triloop
