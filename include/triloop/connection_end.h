/// How a client's connection has ended, and what became of what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "triloop/latch.h"
#include "triloop/message.h"

namespace triloop {

/// How a connection has ended. A plain value.
///
/// Nothing is ever sent twice, and nothing lost in silence: of all that write() has taken, in its
/// order, first comes what the server's kernel has acknowledged (its program perhaps not: only an
/// answer of its own can tell), then `unacknowledged_bytes`, then `in_doubt`, then `unsent`. Behind
/// a clean end there is nothing but the first.
struct ConnectionEnd {
  CloseReason began;  ///< why its ending began: who closed it, the code and reason of the Close
  CloseReason over;   ///< why it was over: the same, unless something cut the ending short
  /// Has it ended as it began to, with a Close from both sides (RFC 6455 section 7.1.4), and with
  /// all that was written sent and acknowledged?
  bool is_clean = false;

  /// Messages of which no byte was sent: the server has none of them, and to send them again, on
  /// another connection, sends them once.
  std::vector<Message> unsent;
  /// Messages before those, 256 at most, that the writer had in its hand: each may have arrived, or
  /// not, or in part.
  std::size_t in_doubt = 0;
  /// Before those, what the kernel had taken and the server's had not acknowledged by then: no more
  /// than so many bytes, as they are on the wire. They may have arrived, too.
  std::uint64_t unacknowledged_bytes = 0;
};

}  // namespace triloop
