/// The listening sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "net/socket.h"
#include "server/listen_address.h"

namespace triloop {

struct Options;

/// Who has connected, and where.
struct Accepted {
  std::unique_ptr<Socket> socket;  ///< null: nobody
  bool speaks_tls = false;
};

/// Listens at all places that the options name, and accepts without ever blocking. For one thread.
class Listener {
 public:
  /// Everywhere, or nowhere. Blocks while a name is looked up, for a few seconds while others start
  /// at the same place, and until the server that runs has handed over (Legacy::ask()). Throws
  /// std::invalid_argument for a place that makes no sense, and std::system_error if it cannot
  /// listen at one, and says which.
  explicit Listener(const Options& options);
  ~Listener();

  /// From now on accept() is called: a server that handed its sockets over to this one may go.
  /// Never blocks.
  void begin();

  /// The next connection that waits; nobody without an error if none does. The sockets take turns,
  /// so that a crowd at one keeps nobody out at another.
  Accepted accept(std::error_code& error);

  /// Has another server taken over (Options::take_over), and accepts? Found out by accept().
  bool is_handed_over() const { return handed_over_; }

  /// Accepts nobody from now on. Who connects is refused, unless another process listens there,
  /// too: then true, as far as can be known.
  bool close();

  /// Readable while a connection waits.
  int descriptor() const;
  /// Of the first at TCP; 0 if there is none.
  std::uint16_t port() const { return port_; }
  /// "http://0.0.0.0:7777/", "https://[::1]:7443/", "unix:/run/triloop.sock": TCP first, then in
  /// the order of the options.
  const std::vector<std::string>& urls() const { return urls_; }

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
  bool handed_over_ = false;
  std::uint16_t port_ = 0;
  std::vector<std::string> urls_;
};

}  // namespace triloop
