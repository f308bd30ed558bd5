/// The listening socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "socket.h"

namespace triloop {

/// Listens on one address, and accepts without ever blocking. For one thread.
class Listener {
 public:
  /// Throws std::system_error if it cannot listen there, and says where. A peer that vanishes
  /// without a word makes the operations of its socket fail after about `dead_after`.
  Listener(const std::string& host, std::uint16_t port, std::chrono::milliseconds dead_after);
  ~Listener();

  /// The next connection that waits; nullptr without an error if none does.
  std::unique_ptr<Socket> accept(std::error_code& error);

  /// Refuses connections from now on.
  void close();

  /// Readable while a connection waits.
  int descriptor() const;
  std::uint16_t port() const { return port_; }
  /// "0.0.0.0:7777", "[::1]:7777"
  const std::string& address() const { return address_; }

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
  std::string address_;
};

}  // namespace triloop
