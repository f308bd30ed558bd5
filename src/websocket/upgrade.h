/// What a handshake has agreed on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "triloop/options.h"
#include "triloop/processor.h"
#include "triloop/request.h"
#include "triloop/sync.h"
#include "triloop/user_state.h"
#include "websocket/deflate.h"
#include "websocket/mask.h"

namespace triloop {

/// All that a connection is made of, beside its socket.
struct Upgrade {
  Request request;
  std::string subprotocol;                   ///< empty if none
  std::optional<DeflateParameters> deflate;  ///< none: nothing is compressed
  std::string early_bytes;                   ///< came right behind the request, or the answer
  Role role = Role::server;                  ///< which end this one is
  std::chrono::milliseconds write_timeout{0};
  TimePoint accepted_at = GaugeClock::now();
  std::uint64_t number = 0;  ///< 1 for the server's first WebSocket
  GivenValue admitted;       ///< what the function of Server::admit() gave it
  std::string label;         ///< by which its program tells it apart; empty: it does not

  // Both outlive the connection.
  const Processor* processor = nullptr;
  const PathOptions* options = nullptr;  ///< those of the path, the server's or the client's
};

}  // namespace triloop
