// A server on a free port of 127.0.0.1, run by a thread of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "triloop/server.h"

namespace triloop::testing {

/// Without heartbeat, so that a test sees its own messages only, and without spare threads, so that
/// it can count.
Options quiet_options();

/// The shortest echo there is.
void plain_echo(Connection& connection);
/// Hears all, and says nothing.
void read_to_the_end(Connection& connection);
/// Says whom it takes its peer for, and who that is through.
void say_who(Connection& connection);

class RunningServer {
 public:
  explicit RunningServer(Processor processor = plain_echo,
                         const Options& options = quiet_options());
  ~RunningServer();

  std::uint16_t port() const { return server_.port(); }
  Server& server() { return server_; }

  /// stop(), and waits for run() to return what it returns.
  std::vector<std::uint64_t> stop();

 private:
  Server server_;
  std::vector<std::uint64_t> stuck_;
  Thread thread_;
};

/// Where a server of ours has its processor.
std::string url_of(std::uint16_t port);
inline std::string url_of(const RunningServer& server) { return url_of(server.port()); }

/// Runs a server that the test has set up, until it goes: also when the test gives up.
class Running {
 public:
  explicit Running(Server& server)
      : server_(server), thread_("accept", [&server] { server.run(); }) {}
  ~Running() { server_.stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Server& server_;
  const Thread thread_;  // last: it is joined first
};

/// What the library logs while this lives.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text() const;
  /// Waits until the log contains it.
  void await(const std::string& part) const;

 private:
  struct Sink;
  std::shared_ptr<Sink> sink_;
};

}  // namespace triloop::testing
