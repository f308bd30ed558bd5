/// Who may upgrade: asked before the answer.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "triloop/export.h"
#include "triloop/request.h"

namespace triloop {

class Server;

/// Looks at a request for an upgrade. nullopt lets it in; anything else is the answer that it gets
/// instead, such as one with status 403. Runs on the connection's own thread, so many may run at
/// once; no deadline can end it.
using UpgradeCheck = std::function<std::optional<Response>(const Request&)>;

/// Those who ask for `path` are checked. After Server::handle() of that path, before run().
TRILOOP_EXPORT void check_upgrades(Server& server, const std::string& path, UpgradeCheck check);

}  // namespace triloop
