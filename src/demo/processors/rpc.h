/// JSON-RPC 2.0 over a connection: slow calls do not hold up quick ones.
#pragma once

#include <cstddef>

#include "json_rpc.h"
#include "triloop/connection.h"

namespace triloop {

/// subtract, sum and get_data, as in the specification's examples; and `sleep`, which is slow:
/// {"ms": 200}.
RpcMethods demo_methods();

/// Quick methods are called by the processor itself, slow ones by `workers` threads for each
/// connection. When those have all that they can take, a slow call gets the error -32000.
Processor rpc(std::size_t workers, RpcMethods methods = demo_methods());

}  // namespace triloop
