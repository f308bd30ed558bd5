#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "demo/option_groups.h"
#include "websocket/printable.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

constexpr double kLongestSeconds = 365.0 * 24 * 3600;

// RFC 6455 section 7.4. Empty if it may be sent.
std::string fault_in_stop_code(const std::string& text) {
  std::uint16_t code = 0;
  if (CLI::detail::lexical_cast(text, code) && is_sendable_close_code(code)) return "";
  return "'" + printable(text) + "' is no code that may be sent: " + kSendableCloseCodes;
}

}  // namespace

void add_seconds(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                 double least, const std::string& help) {
  app.add_option_function<double>(
         name,
         [&value, name](const double& seconds) {
           if (seconds > 0 && seconds < 0.001) {  // it would become 0, which may mean: off
             throw CLI::ValidationError(
                 name, "Value " + CLI::detail::to_string(seconds) + " is less than a millisecond");
           }
           value = std::chrono::milliseconds(std::llround(seconds * 1000));
         },
         help)
      ->default_str(CLI::detail::to_string(static_cast<double>(value.count()) / 1000))
      ->check(CLI::Range(least, kLongestSeconds))
      ->type_name("SECONDS");
}

void add_server_options(CLI::App& app, Options& server) {
  constexpr std::size_t kMost = std::size_t{1} << 40;
  app.add_option("--listen", server.listen,
                 "where to listen: tcp:HOST:PORT, tls:HOST:PORT, unix:PATH,mode=0660,group=NAME or "
                 "fd:NUMBER; "
                 "without it --bind and --port count")
      ->delimiter(' ')
      ->allow_extra_args(false)
      ->type_name("WHERE");
  app.add_option("--take-over", server.take_over,
                 "a path by which the next server takes over from this one, and this one did")
      ->type_name("PATH");
  app.add_option("--bind", server.bind, "addresses and host names to listen on")
      ->default_str("0.0.0.0")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("ADDRESSES");
  app.add_option("--port", server.port, "TCP port; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
  add_peer_options(app, server);
  add_seconds(app, "--heartbeat", server.heartbeat, 0, "between heartbeat messages; 0 is off");
  add_seconds(app, "--ping-interval", server.ping_interval, 0, "between pings; 0 is off");
  add_seconds(app, "--pong-timeout", server.pong_timeout, 0.001,
              "for a peer to answer a ping before it is held to be dead");
  app.add_option("--max-connections", server.max_connections,
                 "open WebSockets at a time; the next gets 503")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("CONNECTIONS");
  app.add_option("--max-handshakes", server.max_handshakes,
                 "HTTP requests waited for or answered at a time; the next wait")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("CONNECTIONS");
  app.add_option("--allow-origin", server.allowed_origins,
                 "web pages that may connect, as https://*.example.org; any by default")
      ->type_name("PATTERN");
  app.add_option("--queue", server.queue_messages, "messages in each of a connection's two queues")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("MESSAGES");
  app.add_option("--queue-bytes", server.queue_bytes, "bytes in each of the two queues")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("BYTES");
  app.add_option(
         "--keep-buffers", server.keep_buffers,
         "bytes of memory of large messages that a connection keeps for the next; 0 is none")
      ->check(CLI::Range(std::size_t{0}, kMost))
      ->type_name("BYTES");
  app.add_option("--max-message", server.max_message_bytes, "bytes of the largest message taken")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("BYTES");
  app.add_flag("--compress", server.compress, "permessage-deflate, for peers that offer it");
  app.add_option("--compress-level", server.compress_level, "from 1, fast, to 9, small")
      ->check(CLI::Range(1, 9))
      ->type_name("LEVEL");
  app.add_option("--compress-window", server.compress_window,
                 "a compressed message refers back by 2^BITS bytes at most, 9 to 15")
      ->check(CLI::Range(9, 15))
      ->type_name("BITS");
  add_seconds(app, "--handshake-timeout", server.handshake_timeout, 0.001,
              "for a peer to send its HTTP request and take the answer");
  add_seconds(app, "--write-timeout", server.write_timeout, 0.001,
              "for a peer that takes and acknowledges nothing");
  add_seconds(app, "--close-timeout", server.close_timeout, 0.001,
              "for a peer that does not move once an ending has begun");
  add_seconds(app, "--ending-limit", server.ending_limit, 0,
              "for all of an ending, however much moves; 0 is none");
  add_seconds(app, "--drain-timeout", server.drain_timeout, 0,
              "for connections to finish after SIGTERM or SIGINT");
  app.add_option("--stop-code", server.stop_code,
                 "with which they are closed then: 1001, going away, or 1012, service restart")
      ->check(&fault_in_stop_code)
      ->type_name("CODE");
  app.add_option("--stack-size", server.stack_bytes,
                 "stack of each thread, at least 65536; 0 is the system's default")
      ->check(CLI::Range(std::size_t{0}, kMost))
      ->type_name("BYTES");
  app.add_option("--spare-threads", server.spare_threads,
                 "threads of ended connections kept for the next ones")
      ->check(CLI::Range(0, 65'536))
      ->type_name("COUNT");
}

}  // namespace triloop
