#include "options.h"

#include <CLI/CLI.hpp>

namespace load {

std::optional<Options> parse_command_line(int argc, char** argv, int& exit_status) {
  constexpr std::size_t kMostConnections = 20'000;
  constexpr std::size_t kMostInFlight = 100'000;
  constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  constexpr double kLongestSeconds = 3600;
  Options options;
  CLI::App app("Loads an echo server on 127.0.0.1 and prints what it saw as one JSON object",
               "triloop_load");
  app.option_defaults()->always_capture_default();
  app.add_option("--mode", options.mode,
                 "echo: messages in flight; churn: connect, echo, close, again; idle: open and "
                 "hold; stalled: echo beside a peer that never reads; flood: echo beside a peer "
                 "with 1000 in flight")
      ->check(CLI::IsMember({"echo", "churn", "idle", "stalled", "flood"}));
  app.add_option("--port", options.port, "where the server listens")->required();
  app.add_option("--connections", options.connections, "connections at a time")
      ->check(CLI::Range(std::size_t{1}, kMostConnections));
  app.add_option("--in-flight", options.in_flight, "unanswered messages for each connection")
      ->check(CLI::Range(std::size_t{1}, kMostInFlight));
  app.add_option("--bytes", options.bytes, "payload of a message")
      ->check(CLI::Range(std::size_t{1}, kMostBytes));
  CLI::Option* text = app.add_flag("--text", options.text, "text messages");
  app.add_flag("--binary", "binary messages, as by default")->excludes(text);
  app.add_flag("--raw", options.raw, "a length of 4 bytes before each payload, no WebSocket");
  app.add_option("--warmup", options.warmup_seconds, "seconds before the measured window")
      ->check(CLI::Range(0.0, kLongestSeconds));
  app.add_option("--seconds", options.seconds, "the measured window")
      ->check(CLI::Range(0.001, kLongestSeconds));
  app.add_option("--pid", options.server_pid, "the server's process, to be looked at in /proc");
  try {
    app.parse(argc, argv);
    if (options.raw && options.mode == "churn") {
      throw CLI::ValidationError("--raw", "has no handshakes to churn");
    }
    return options;
  } catch (const CLI::ParseError& error) {
    exit_status = app.exit(error);
    return std::nullopt;
  }
}

}  // namespace load
