#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include "demo/dial.h"
#include "demo/option_groups.h"
#include "websocket/http_text.h"

namespace triloop {
namespace {

constexpr int kUsageError = 2;

// "Name: value"
std::pair<std::string, std::string> parse_header(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) {
    throw CLI::ValidationError("--header", "a header looks like 'Name: value'");
  }
  return {line.substr(0, colon), std::string(trim(std::string_view(line).substr(colon + 1)))};
}

void add_options(CLI::App& app, DialOptions& dial) {
  constexpr std::size_t kMost = std::size_t{1} << 40;
  ClientOptions& client = dial.client;
  app.add_option("URL", dial.url, "where to: ws://localhost:7777/ws, wss://example.org/ws")
      ->required();
  app.add_flag("--binary", dial.binary, "lines are sent as binary messages");
  app.add_option("--count", dial.count,
                 "end after so many messages, and not with the input; 0 is without a bound")
      ->check(CLI::Range(std::size_t{0}, kMost))
      ->type_name("MESSAGES");
  app.add_option_function<std::vector<std::string>>(
         "--header",
         [&client](const std::vector<std::string>& lines) {
           for (const std::string& line : lines) client.headers.push_back(parse_header(line));
         },
         "a further line of the request, 'Name: value'; may be repeated")
      ->allow_extra_args(false)
      ->type_name("LINE");
  app.add_option("--subprotocol", client.subprotocols, "offered, the favourite first")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAMES");
  app.add_option("--ca", client.tls.ca_file,
                 "wss: whose certificates are believed, PEM; those whom the system believes")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  CLI::Option* const key =
      app.add_option("--key", client.tls.certificate.key_file, "wss: the key of --certificate, PEM")
          ->check(CLI::ExistingFile)
          ->type_name("FILE");
  CLI::Option* const certificate =
      app.add_option("--certificate", client.tls.certificate.chain_file,
                     "wss: to show to a server that asks for one, PEM")
          ->check(CLI::ExistingFile)
          ->needs(key)
          ->type_name("FILE");
  key->needs(certificate);
  app.add_flag("--insecure", client.tls.insecure, "wss: believe anybody, who may be anybody");
  add_seconds(app, "--ping", client.ping_interval, 0, "between pings; 0 is off");
  add_seconds(app, "--timeout", client.connect_timeout, 0.001,
              "to connect, and as much again for the handshake");
  app.add_flag("--compress", client.compress, "offer permessage-deflate");
  app.add_option("--max-message", client.max_message_bytes,
                 "bytes of the largest message, and of the longest line")
      ->check(CLI::Range(std::size_t{1}, kMost))
      ->type_name("BYTES");
  app.add_option("--reconnect", client.reconnect.max_retries,
                 "connect again, so often in a row, when the connection is lost; 0 is off")
      ->check(CLI::Range(std::size_t{0}, kMost))
      ->type_name("RETRIES");
  app.add_option("--log-level", dial.log_level, "what goes to standard error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
}

}  // namespace

std::optional<DialOptions> parse_dial(int argc, char** argv, int& exit_status) {
  DialOptions options;
  CLI::App app("triloop dial: sends lines to a WebSocket server, and prints what it says",
               "triloop dial");
  app.option_defaults()->always_capture_default();
  add_options(app, options);
  app.footer(
      "Exit status: 0 if it was closed with 1000, 1001 or without a code, 1 if there was no\n"
      "connection or it broke, 2 for a bad option, 3 if it was closed with another code.");
  try {
    app.parse(argc - 1, argv + 1);
    options.client.handshake_timeout = options.client.connect_timeout;
    return options;
  } catch (const CLI::Success& success) {
    exit_status = app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "triloop: " << error.what() << " (see triloop dial --help)\n";
    exit_status = kUsageError;
  }
  return std::nullopt;
}

}  // namespace triloop
