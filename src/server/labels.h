/// By what a program tells its connections apart: Server::label_connections().
#pragma once

#include <string_view>

#include "triloop/export.h"

namespace triloop {

/// At most 40 letters, digits, `_` and `-`, and at least one?
TRILOOP_EXPORT bool is_label(std::string_view text);

}  // namespace triloop
