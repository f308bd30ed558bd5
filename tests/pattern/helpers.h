/// What most tests of a connection need beside it.
#pragma once

#include <cstdint>
#include <string>

#include "support/fake_connection.h"
#include "triloop/connection.h"
#include "websocket/protocol.h"

namespace triloop::testing {

inline void echo(Connection& connection) {
  while (auto message = connection.read()) connection.write(std::move(*message));
}

/// The bytes of a server's frame of less than 126 bytes.
inline std::string server_frame(Opcode opcode, const std::string& payload) {
  return std::string{static_cast<char>(0x80 | static_cast<int>(opcode)),
                     static_cast<char>(payload.size())} +
         payload;
}
inline std::string server_close(std::uint16_t code, const std::string& reason) {
  return server_frame(Opcode::close, close_frame({code, reason}).payload);
}

/// Each has another number in it; its first byte is in nothing else that these tests send.
inline std::size_t pings_sent(FakeConnection& connection) {
  return connection.socket().count_sent("\x89");
}

/// Waits at a point of a processor until the test lets it go on.
class Gate {
 public:
  void wait() const { latch_.wait(); }
  void open() { latch_.fire({}); }

 private:
  Latch latch_;
};

}  // namespace triloop::testing
