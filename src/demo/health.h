/// Whether the program lives, and wants to be sent clients: for what stands in front of it.
#pragma once

#include <functional>

#include "triloop/server.h"

namespace triloop {

/// Serves /healthz, 200 as long as the program lives; and /readyz, 503 when `why_not_ready`, which
/// any connection's thread may call, says something, 200 when it says nothing.
void serve_health(Server& server, std::function<std::string()> why_not_ready);

}  // namespace triloop
