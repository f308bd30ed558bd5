/// A TCP connection to another server.
#pragma once

#include <sys/socket.h>

#include <system_error>
#include <vector>

#include "glance.h"
#include "triloop/latch.h"
#include "upstream_address.h"
#include "upstream_socket.h"

namespace triloop {

/// One of a host's addresses, as the kernel takes it.
struct HostAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

/// Tries the first, and each next one 250 ms after the one before it, or as soon as that has failed
/// (RFC 8305 section 5); whichever takes the connection first has it. Blocks until then; freed by
/// `over` or by `deadline`. None, with the last one's `error`, if none does.
UpstreamSocket connect_to_first(const std::vector<HostAddress>& addresses, TimePoint deadline,
                                const Latch& over, std::error_code& error);

/// connect_to_first() of the host's addresses. While the name is looked up nothing frees it: that
/// ends after the resolver's own time.
UpstreamSocket connect_to(const UpstreamAddress& address, TimePoint deadline, const Latch& over,
                          std::error_code& error);

}  // namespace triloop
