/// The server's view of itself, for its page and for curl.
#pragma once

#include <string>

#include "triloop/server.h"

namespace triloop {

/// Who may look.
enum class InspectAccess {
  kOff,
  kLocal,  ///< peers on this machine; of web pages only those that this server has handed out
  kAny,
};

/// A snapshot as JSON; the schema is in docs/inspect.md.
std::string to_json(const ServerSnapshot& snapshot);

/// May whoever sent this request look? For kLocal.
bool is_local(const Request& request);

/// Does /inspect let whoever sent this request in?
bool may_inspect(InspectAccess access, const Request& request);

/// Adds /inspect, a WebSocket that sends ten snapshots a second, and /inspect.json, which is one.
/// Before run().
void serve_inspect(Server& server, InspectAccess access);

}  // namespace triloop
