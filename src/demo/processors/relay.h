/// A way through to a WebSocket server: each connection has one of its own there.
#pragma once

#include <string>

#include "triloop/client_options.h"
#include "triloop/processor.h"

namespace triloop {

/// Each message goes to `url` ("ws://localhost:7778/ws", or wss://) as it is, text or binary, and
/// what that server says comes back likewise; so do the codes and reasons of their Closes, as far
/// as one may be sent. The subprotocol that the peer has agreed on is the only one that is offered
/// there. A side that is slow makes the other one wait.
///
/// A peer that is told a Close of its own has got through with all that it had said before. Its
/// Close ends both directions, as RFC 6455 section 5.5.1 has it: what the other server says behind
/// it may be lost.
///
/// `options` are the upstream connection's; the subprotocols are the peer's. Throws
/// std::invalid_argument if that is no URL, or an option makes no sense.
Processor relay(const std::string& url, const ClientOptions& options = {});

}  // namespace triloop
