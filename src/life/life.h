/// What whoever owns a connection does to it: a server's Served, or a client.
#pragma once

#include <cstdint>
#include <memory>

#include "net/socket.h"
#include "triloop/connection.h"
#include "triloop/connection_end.h"
#include "triloop/latch.h"

namespace triloop {

class SpareThreads;
struct Upgrade;

/// A connection's life, from when its handshake is done to its last join. Its friend, so that
/// nobody who only uses a connection can do any of this.
///
/// Thread safety: begin() comes first, serve() belongs to one thread, any may call the others.
class Life {
 public:
  /// Makes it. `threads` must outlive it.
  static std::shared_ptr<Connection> begin(std::uint64_t id, std::shared_ptr<Socket> socket,
                                           std::unique_ptr<Upgrade> upgrade, SpareThreads& threads);

  /// The calling thread becomes its reader. Blocks until all three threads are done.
  static void serve(Connection& connection) noexcept;

  /// How a client's has ended; takes what was not sent. Once serve() has returned. A stream of the
  /// peer's that ended without its Close has cut the ending short, even if nothing was lost. Throws
  /// std::bad_alloc.
  static ConnectionEnd end_of(Connection& connection);

  /// A drain begins. Never blocks.
  static void drain(Connection& connection, CloseReason reason);
  /// The end at once. Never blocks.
  static void end_now(Connection& connection, const CloseReason& reason);
};

}  // namespace triloop
