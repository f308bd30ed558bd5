/// The processor of the Go original: what comes in goes out.
#pragma once

#include <functional>

#include "triloop/connection.h"

namespace triloop {

/// Is shown a message. The processor threads of all connections call it, and wait for it.
using Look = std::function<void(const Connection&, const Message&)>;

/// Answers each message with the same bytes and type; before that, `look` sees it.
Processor echo(const Look& look = nullptr);

}  // namespace triloop
