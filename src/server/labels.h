/// By what a program tells its connections apart.
#pragma once

#include <string>

#include "triloop/export.h"

namespace triloop {

class Server;

/// A connection whose request has this parameter in its query, at most 40 letters, digits, `_` and
/// `-`, has its value as the label of its snapshots, and is followed. Before run().
TRILOOP_EXPORT void label_connections(Server& server, const std::string& parameter);

}  // namespace triloop
