#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace load {

struct Options {
  std::string mode = "echo";
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::size_t in_flight = 16;  // messages without an answer, for each connection
  std::size_t bytes = 64;      // of payload in each message
  bool text = false;
  bool raw = false;  // a length and the payload, without WebSocket: what the floor speaks
  double warmup_seconds = 0.5;
  double seconds = 2;
  int server_pid = 0;  // 0: nothing is known of the server but its answers
};

/// nullopt when the program is to end at once, with `exit_status`.
std::optional<Options> parse_command_line(int argc, char** argv, int& exit_status);

}  // namespace load
