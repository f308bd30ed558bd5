/// What a client can call to try rpc().
#pragma once

#include "json_rpc.h"

namespace triloop {

/// subtract, sum and get_data, as in the specification's examples; and `sleep`, which is slow:
/// {"ms": 200}.
RpcMethods demo_methods();

}  // namespace triloop
