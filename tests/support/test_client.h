// A WebSocket client that can also misbehave: it sends the bytes it is told to.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/stream.h"
#include "triloop/sync.h"
#include "websocket/frame.h"

namespace triloop::testing {

/// Are frames those of a client? In support/masks.cpp: yes. A program whose frames are a server's
/// has its own, which says no; then "client" below means a server.
bool frames_are_masked();

/// A masked frame, as a client sends it (RFC 6455 section 5.2). `opcode` may be any number.
std::string client_frame(int opcode, std::string_view payload, bool fin = true);
std::string client_frame(Opcode opcode, std::string_view payload, bool fin = true);
std::string client_close(std::uint16_t code, std::string_view reason = {});

/// A proper upgrade request, with further header lines ("Name: value\r\n").
std::string upgrade_request(const std::string& path = "/ws", const std::string& more = {});

/// A frame as the server sent it.
struct ServerFrame {
  bool fin = false;
  int opcode = 0;
  std::string payload;

  bool is(Opcode wanted) const { return opcode == static_cast<int>(wanted); }
  /// Of a Close frame: its code, 1005 if it is empty; and its reason.
  std::uint16_t close_code() const;
  std::string close_reason() const { return payload.size() > 2 ? payload.substr(2) : ""; }
};

/// One connection, of TCP or (over_tls()) TLS, to 127.0.0.1 if nothing else is said. Calls block,
/// and throw after a fail-safe time. One thread.
class TestClient {
 public:
  /// Connects. With `receive_buffer_bytes` the kernel takes little on this side, so that a server
  /// whose replies are not read is soon stuck.
  /// `before_connecting` is called when the socket is there.
  explicit TestClient(std::uint16_t port, int receive_buffer_bytes = 0,
                      const std::function<void()>& before_connecting = {});
  /// Connects to that address: "127.0.0.2", "::1".
  TestClient(const std::string& address, std::uint16_t port);
  /// Connects to the Unix socket of that path.
  explicit TestClient(const std::string& path);

  /// Sends a request and returns the head of the answer.
  std::string request(const std::string& bytes);
  /// The upgrade; throws if it is refused.
  void open(const std::string& path = "/ws");

  /// From now on it reads no faster than this; 0 is as fast as it can.
  void read_at(std::size_t bytes_per_second) { pace_ = bytes_per_second; }

  void send(std::string_view bytes);
  void send_text(std::string_view text) { send(client_frame(Opcode::text, text)); }
  /// As much of `bytes` as the kernel takes now.
  std::size_t try_send(std::string_view bytes);

  /// The next frame; nullopt at the end of the stream.
  std::optional<ServerFrame> next_frame();
  /// The next frame's payload; throws unless it is a text frame.
  std::string next_text();
  /// All frames up to the end of the stream, the last of which should be a Close. That is answered,
  /// as every client must (RFC 6455 section 5.5.1): the server ends its stream behind it.
  std::vector<ServerFrame> frames_to_end();
  /// All bytes up to the end of the stream.
  std::string bytes_to_end();

  void shutdown_send();
  /// Ends the connection with a TCP reset instead of an orderly end.
  void reset();

 private:
  void connect(const std::string& address, std::uint16_t port);
  void answer_close();
  bool receive_more();
  std::string take(std::size_t size);

  ClientStream stream_;
  std::string received_;
  std::size_t pace_ = 0;
  TimePoint read_again_{};
};

}  // namespace triloop::testing
