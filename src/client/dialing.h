/// From a name to a connected socket: RFC 8305, "Happy Eyeballs", without a thread for each
/// attempt.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/socket.h"
#include "triloop/sync.h"

namespace triloop {

/// An address and its port.
struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  int family() const { return bytes.ss_family; }
};

/// All that getaddrinfo(3) knows, in its order. Blocks for as long as that does: no deadline, and
/// nothing that frees it. Throws std::system_error.
std::vector<Address> look_up(const std::string& host, const std::string& port);

/// The two families by turns, beginning with that of the first (section 4).
std::vector<Address> interleaved(const std::vector<Address>& addresses);

/// What was connected, and to whom.
struct Dialled {
  Descriptor descriptor;  ///< blocking
  Address peer;
};

/// Tries one address after the other: the next as soon as one has failed, or after `stagger`
/// (section 5), while the earlier ones go on. The first that is connected wins, and the others are
/// closed. Each gets the options of set_tcp_options().
///
/// Blocks until one has won; freed by that, by `deadline`, or when `cancel`, a descriptor, becomes
/// readable. Throws std::system_error: errc::timed_out, errc::operation_canceled, or why the last
/// one failed.
Dialled dial(const std::vector<Address>& addresses, TimePoint deadline, int cancel,
             std::chrono::milliseconds dead_after,
             std::chrono::milliseconds stagger = std::chrono::milliseconds(250));

}  // namespace triloop
