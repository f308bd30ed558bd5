/// The listening sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "net/socket.h"

namespace triloop {

/// Listens on a list of addresses at one port, and accepts without ever blocking. For one thread.
class Listener {
 public:
  /// Each host is an address, or a name and so all of its addresses. With port 0 the first takes a
  /// free port, and the others the same. Blocks while a name is looked up. Throws
  /// std::system_error if it cannot listen on one, and says which; but an address that this machine
  /// does not have is left out with a warning if the name has others.
  ///
  /// A peer that vanishes without a word makes the operations of its socket fail after about
  /// `dead_after`.
  Listener(const std::vector<std::string>& hosts, std::uint16_t port,
           std::chrono::milliseconds dead_after);
  ~Listener();

  /// The next connection that waits; nullptr without an error if none does. The addresses take
  /// turns, so that a crowd at one keeps nobody out at another.
  std::unique_ptr<Socket> accept(std::error_code& error);

  /// Refuses connections from now on.
  void close();

  /// Readable while a connection waits.
  int descriptor() const;
  std::uint16_t port() const { return port_; }
  /// "0.0.0.0:7777", "[::1]:7777", in the order of the hosts.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
  std::vector<std::string> addresses_;
};

}  // namespace triloop
