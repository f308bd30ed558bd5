#include "demo/command_line.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <vector>

#include "triloop/version.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

constexpr int kUsageError = 2;
constexpr double kLongestSeconds = 365.0 * 24 * 3600;

// An option in seconds, kept in milliseconds: `--heartbeat 0.5`.
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

// RFC 6455 section 4.1: a token of HTTP. Empty if it is one.
std::string fault_in_subprotocol(const std::string& name) {
  constexpr std::string_view kToken =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
  const bool token = !name.empty() && name.find_first_not_of(kToken) == std::string::npos;
  return token ? "" : "'" + printable(name) + "' is no name of a subprotocol";
}

// Streams, subjects and buckets of NATS are named by it.
std::string fault_in_cluster_name(const std::string& name) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const bool plain = !name.empty() && name.find_first_not_of(kPlain) == std::string::npos;
  return plain ? ""
               : "'" + printable(name) + "' has other characters than letters, digits, - and _";
}

// What answers at /ws, and the options that only one or two of them have.
void add_processor_options(CLI::App& app, ProcessorChoice& choice) {
  app.add_option("--processor", choice.name, "what answers at /ws")
      ->check(CLI::IsMember(processor_names()))
      ->type_name("NAME");
  app.add_option("--subprotocol", choice.subprotocols,
                 "subprotocols to agree on, the favourite first: binary,mqtt; none by default")
      ->delimiter(',')
      ->check(&fault_in_subprotocol)
      ->type_name("NAMES");
  app.add_option("--workers", choice.parallel.workers,
                 "parallel, rpc: threads that work for one connection")
      ->check(CLI::Range(1, 1000))
      ->type_name("COUNT");
  app.add_option("--all-workers", choice.parallel.all_workers,
                 "parallel: requests worked on at once in all connections together")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("COUNT");
  app.add_flag("--in-order", choice.parallel.in_order,
               "parallel: replies in the order of the requests");
  app.add_option("--database", choice.database, "chat: the file that keeps the history")
      ->type_name("FILE");
  app.add_option("--slow-member", choice.slow_member,
                 "chat: one that reads too slowly misses lines, or is closed: skip, disconnect")
      ->default_str("skip")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, SlowMember>{{"skip", SlowMember::kSkip},
                                                        {"disconnect", SlowMember::kDisconnect}},
                      CLI::ignore_case)
                      .description(""))
      ->type_name("POLICY");
  app.add_option("--upstream", choice.upstream, "proxy: the TCP server behind it")
      ->type_name("HOST:PORT");
}

// The engine on which several servers share the chat's rooms.
void add_engine_options(CLI::App& app, EngineOptions& engine) {
  app.add_option("--cluster", engine.urls,
                 "chat: NATS servers that keep the rooms for all triloops that name them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("URLS");
  app.add_option("--cluster-name", engine.name, "chat: what streams and buckets there begin with")
      ->check(&fault_in_cluster_name)
      ->type_name("NAME");
  app.add_option("--cluster-replicas", engine.replicas,
                 "chat: of streams; 0 is 3 with three addresses or more, else 1")
      ->check(CLI::Range(0, 5))
      ->type_name("COUNT");
  app.add_option("--cluster-credentials", engine.credentials,
                 "chat: a user's JWT and key, for NATS")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_option("--cluster-ca", engine.ca, "chat: whom to believe that it is NATS; makes it TLS")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  CLI::Option* const key = app.add_option("--cluster-key", engine.key, "chat: of the certificate")
                               ->check(CLI::ExistingFile)
                               ->type_name("FILE");
  app.add_option("--cluster-certificate", engine.certificate, "chat: to show to NATS")
      ->check(CLI::ExistingFile)
      ->needs(key)
      ->type_name("FILE");
  add_seconds(app, "--keep-timeout", engine.patience, 1,
              "chat: for NATS to keep a line, before its sender is told that it is not kept");
}

void add_options(CLI::App& app, CommandLine& line) {
  Options& server = line.server;
  constexpr std::size_t kMost = std::size_t{1} << 40;
  app.add_option("--bind", server.bind, "addresses and host names to listen on")
      ->default_str("0.0.0.0")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("ADDRESSES");
  app.add_option("--port", server.port, "TCP port; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
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
  app.add_option("--stack-size", server.stack_bytes,
                 "stack of each thread, at least 65536; 0 is the system's default")
      ->check(CLI::Range(std::size_t{0}, kMost))
      ->type_name("BYTES");
  app.add_option("--spare-threads", server.spare_threads,
                 "threads of ended connections kept for the next ones")
      ->check(CLI::Range(0, 65'536))
      ->type_name("COUNT");
  add_seconds(app, "--drain-delay", line.drain_delay, 0,
              "after the first signal, with 503 at /readyz and newcomers still let in");
  app.add_flag("--ready-needs-engine", line.ready_needs_engine,
               "503 at /readyz while NATS cannot be reached");
  add_processor_options(app, line.processor);
  add_engine_options(app, line.processor.engine);
  app.add_option("--scheduler", line.scheduler.program,
                 "/scheduler is served by this program, the explorer, for the page /play")
      ->check(CLI::ExistingFile)
      ->type_name("PROGRAM");
  app.add_option("--scheduler-visitors", line.scheduler.visitors,
                 "explorers at a time, one for each visitor; the next gets 503")
      ->check(CLI::Range(1, 1000))
      ->type_name("COUNT");
  app.add_option("--web", line.web_directory, "serve the page from this directory")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  app.add_option("--inspect", line.inspect, "who may look at /inspect: any, local, off")
      ->default_str("local")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, InspectAccess>{{"any", InspectAccess::kAny},
                                                           {"local", InspectAccess::kLocal},
                                                           {"off", InspectAccess::kOff}},
                      CLI::ignore_case)
                      .description(""))
      ->type_name("WHO");
  app.add_option("--trace", line.trace_file,
                 "write what each thread did to this file, for ui.perfetto.dev")
      ->type_name("FILE");
  app.add_flag("--quiet", line.quiet, "do not print the messages received");
  app.add_option("--log-level", line.log_level, "what goes to standard error")
      ->default_str("info")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
}

// Beside a service named triloop Kubernetes sets TRILOOP_PORT to tcp://10.96.3.7:7777. That is
// nobody's wish, and must not keep the server from starting.
bool is_service_link(const std::string& variable) {
  const char* const value = std::getenv(variable.c_str());
  if (value == nullptr || std::string_view(value).find("://") == std::string_view::npos)
    return false;
  std::cerr << "triloop: " << variable << "=" << printable(value)
            << " is no port, but what Kubernetes sets beside a service of that name: not taken\n";
  return true;
}

// TRILOOP_MAX_MESSAGE for --max-message.
void read_environment_too(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    std::string name = option->get_name();
    if (name == "--help" || name == "--version") continue;
    name = "TRILOOP_" + name.substr(2);
    for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    if (name == "TRILOOP_PORT" && is_service_link(name)) continue;
    option->envname(name);
  }
}

// A file of options. Editors of Windows begin one with a byte order mark, U+FEFF in UTF-8.
class OptionsFile : public CLI::ConfigBase {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& file) const override {
    std::string text{std::istreambuf_iterator<char>(file), {}};
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) {
      text.erase(0, kByteOrderMark.size());
    }
    std::istringstream rest(text);
    return ConfigBase::from_config(rest);
  }
};

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status) {
  CommandLine line;
  line.log_level = "info";
  CLI::App app("triloop: a WebSocket server with three threads for each connection", "triloop");
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", "triloop " TRILOOP_VERSION "\nbuilt with " + built_with());
  add_options(app, line);
  // CLI11 reads the file before the environment, and so would not see that the file is named there.
  const char* const named = std::getenv("TRILOOP_CONFIG");
  const std::string file = named == nullptr ? "" : named;
  app.set_config("--config", file, "read options from this file (name = value)", !file.empty())
      ->type_name("FILE");
  app.config_formatter(std::make_shared<OptionsFile>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  read_environment_too(app);
  app.footer(
      "Each option can also be set in the environment: --max-message as "
      "TRILOOP_MAX_MESSAGE.\nExit status: 0 after SIGTERM or SIGINT, 1 if it cannot serve, "
      "2 for a bad option,\n3 if a processor did not return.");
  try {
    app.parse(argc, argv);
    return line;
  } catch (const CLI::Success& success) {
    exit_status = app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "triloop: " << error.what() << " (see triloop --help)\n";
    exit_status = kUsageError;
  }
  return std::nullopt;
}

}  // namespace triloop
