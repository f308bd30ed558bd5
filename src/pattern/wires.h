/// What the three threads of a connection share.
#pragma once

#include <chrono>

#include "observe/frame_queue.h"

namespace triloop {

class Ending;
class Liveness;
class Pings;
class Socket;
class WsProtocol;
struct PathOptions;

/// Where the threads meet; each thread-safe in itself, but the protocol.
///
///     socket -> reader -> in-queue -> processor -> out-queue -> writer -> socket
struct Wires {
  const PathOptions& options;
  const std::chrono::milliseconds write_timeout;
  Socket& socket;
  WsProtocol& protocol;  ///< its decoding half is the reader's, its encoding half the writer's
  FrameQueue& in_queue;  ///< text and binary only
  FrameQueue& out_queue;
  Ending& ending;
  Liveness& liveness;  ///< the writer asks the peer, the reader judges it
  Pings& pings;
};

}  // namespace triloop
