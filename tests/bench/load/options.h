#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace load {

struct Options {
  std::string mode = "echo";
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::size_t in_flight = 16;  // messages without an answer, for each connection
  std::size_t bytes = 64;      // of payload in each message
  std::string payload = "letters";
  bool text = false;
  bool raw = false;         // a length and the payload, without WebSocket: what the floor speaks
  bool compress = false;    // permessage-deflate
  bool tls = false;         // TLS 1.3
  bool first_echo = false;  // idle: one echo for each connection before it is idle
  double warmup_seconds = 0.5;
  double seconds = 2;
  // None: nothing is known of the server but its answers. Several: it, and what stands before it.
  std::vector<int> server_pids;

  // How this program itself goes about it.
  std::size_t receive_bytes = 256 << 10;  // at most, in one call
  std::size_t send_bytes = 0;             // at most, in one call; 0: as much as there is
  std::size_t socket_buffer = 0;          // bytes, of each direction; 0: what the kernel gives
  bool by_message = false;                // makes each message anew, and looks at every byte
  bool in_bunches = false;  // the next messages go out when all that were in flight are answered
};

/// nullopt when the program is to end at once, with `exit_status`.
std::optional<Options> parse_command_line(int argc, char** argv, int& exit_status);

}  // namespace load
