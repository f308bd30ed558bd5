// A server that can also misbehave: it says the bytes it is told to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace triloop::testing {

/// Listens on a free port of an address of this machine. Calls block, and throw after a fail-safe
/// time.
class Listening {
 public:
  explicit Listening(const std::string& address = "127.0.0.1", int backlog = 16);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }
  /// The next connection: a descriptor, which is the caller's, without Nagle's delay.
  int accept();

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

/// One connection that it has accepted. One thread. Calls block, and throw after a fail-safe time.
class ScriptedServer {
 public:
  explicit ScriptedServer(Listening& listening) : descriptor_(listening.accept()) {}
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  /// The head of the request.
  std::string request();
  /// Takes the request, and answers as a server must, with further header lines, and with `behind`
  /// in the same send.
  void open(const std::string& more = {}, const std::string& behind = {});

  void send(std::string_view bytes);
  /// What comes next, some of it; empty at the end of the stream, or at a reset.
  std::string receive();
  /// Has the client sent no more, and not ended its stream either? Never blocks.
  bool is_silent() const;
  void shutdown_send();
  /// Ends the connection with a TCP reset.
  void reset();

 private:
  int descriptor_;
  std::string received_;
};

/// The value of a header line in a request; empty if it is not there.
std::string header_in(const std::string& head, const std::string& name);

/// The 101 for that request, with further header lines ("Name: value\r\n").
std::string answer_to(const std::string& request, const std::string& more = {});

}  // namespace triloop::testing
