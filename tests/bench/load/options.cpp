#include "options.h"

#include <CLI/CLI.hpp>

#include "payload.h"

namespace load {

std::optional<Options> parse_command_line(int argc, char** argv, int& exit_status) {
  constexpr std::size_t kMostConnections = 20'000;
  constexpr std::size_t kMostInFlight = 100'000;
  constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  constexpr std::size_t kMostCompressedBytes = std::size_t{64} << 10;
  constexpr std::size_t kLeastReceiveBytes = 1024;
  constexpr double kLongestSeconds = 3600;
  Options options;
  CLI::App app("Loads an echo server on 127.0.0.1 and prints what it saw as one JSON object",
               "triloop_load");
  app.option_defaults()->always_capture_default();
  app.add_option("--mode", options.mode,
                 "echo: messages in flight; churn: connect, echo, close, again; idle: open and "
                 "hold; stalled: echo beside a peer that never reads; flood: echo beside a peer "
                 "with 1000 in flight; broadcast: a room in which one speaks and all hear it")
      ->check(CLI::IsMember({"echo", "churn", "idle", "stalled", "flood", "broadcast"}));
  app.add_option("--port", options.port, "where the server listens")->required();
  app.add_option("--connections", options.connections, "connections at a time")
      ->check(CLI::Range(std::size_t{1}, kMostConnections));
  app.add_option("--in-flight", options.in_flight, "unanswered messages for each connection")
      ->check(CLI::Range(std::size_t{1}, kMostInFlight));
  app.add_option("--bytes", options.bytes, "payload of a message")
      ->check(CLI::Range(std::size_t{1}, kMostBytes));
  app.add_option("--payload", options.payload, "what messages are made of")
      ->check(CLI::IsMember(payload_kinds()));
  CLI::Option* text = app.add_flag("--text", options.text, "text messages");
  app.add_flag("--binary", "binary messages, as by default")->excludes(text);
  CLI::Option* raw =
      app.add_flag("--raw", options.raw, "a length of 4 bytes before each payload, no WebSocket");
  app.add_flag("--compress", options.compress,
               "offers permessage-deflate, sends compressed messages and expands every echo");
  app.add_flag("--tls", options.tls, "speaks TLS 1.3, with TLS_AES_128_GCM_SHA256")->excludes(raw);
  app.add_flag("--first-echo", options.first_echo, "idle: each connection has one echo before");
  app.add_option("--receive-bytes", options.receive_bytes, "at most, in one call")
      ->check(CLI::Range(kLeastReceiveBytes, kMostBytes));
  app.add_option("--send-bytes", options.send_bytes, "at most, in one call; 0: all there is")
      ->check(CLI::Range(std::size_t{0}, kMostBytes));
  app.add_option("--socket-buffer", options.socket_buffer,
                 "bytes, of each direction of each socket; 0: what the kernel gives")
      ->check(CLI::Range(std::size_t{0}, kMostBytes));
  app.add_flag("--by-message", options.by_message,
               "makes each frame anew when it is sent, and compares every byte of every echo");
  app.add_flag("--in-bunches", options.in_bunches,
               "sends the next messages of a connection when all of them are answered");
  app.add_option("--warmup", options.warmup_seconds, "seconds before the measured window")
      ->check(CLI::Range(0.0, kLongestSeconds));
  app.add_option("--seconds", options.seconds, "the measured window")
      ->check(CLI::Range(0.001, kLongestSeconds));
  app.add_option("--pid", options.server_pids,
                 "the server's process, to be looked at in /proc; repeated, their sum");
  try {
    app.parse(argc, argv);
    if (options.raw && options.mode == "churn") {
      throw CLI::ValidationError("--raw", "has no handshakes to churn");
    }
    if (options.by_message && (options.raw || options.compress)) {
      throw CLI::ValidationError("--by-message", "is for plain WebSocket messages");
    }
    if (options.compress && (options.raw || options.bytes > kMostCompressedBytes)) {
      throw CLI::ValidationError("--compress", "is for WebSocket messages of at most 64 KiB");
    }
    return options;
  } catch (const CLI::ParseError& error) {
    exit_status = app.exit(error);
    return std::nullopt;
  }
}

}  // namespace load
