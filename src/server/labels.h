/// By what a program tells its connections apart.
#pragma once

#include <string>
#include <string_view>

#include "triloop/export.h"

namespace triloop {

class Server;

/// At most 40 letters, digits, `_` and `-`, and at least one?
TRILOOP_EXPORT bool is_label(std::string_view text);

/// A connection whose request has this parameter in its query, and there a label, has its value as
/// the label of its snapshots, and is followed. Before run().
TRILOOP_EXPORT void label_connections(Server& server, const std::string& parameter);

}  // namespace triloop
