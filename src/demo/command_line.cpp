#include "demo/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "demo/option_groups.h"
#include "demo/service_manager.h"
#include "triloop/version.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

constexpr int kUsageError = 2;

void add_options(CLI::App& app, CommandLine& line, TlsArguments& tls) {
  add_server_options(app, line.server);
  add_tls_options(app, tls, line.server.tls);
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

// What says on the command line itself where to listen. A file or the environment may say so for
// every start, the unit of the service does; the sockets are of this one.
bool says_where(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const std::string_view argument) {
    const std::string_view name = argument.substr(0, argument.find('='));
    return name == "--listen" || name == "--bind" || name == "--port";
  });
}

void listen_at_sockets_of_service_manager(CommandLine& line, int argc, char** argv) {
  std::vector<std::string> sockets = sockets_of_service_manager();
  if (sockets.empty()) return;
  if (!says_where(argc, argv)) {
    line.server.listen = std::move(sockets);
  } else if (line.server.listen != sockets) {
    std::cerr << "triloop: the sockets of the service manager are not listened on: the command line"
                 " says where\n";
  }
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status) {
  CommandLine line;
  line.log_level = "info";
  CLI::App app("triloop: a WebSocket server with three threads for each connection", "triloop");
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", "triloop " TRILOOP_VERSION "\nbuilt with " + built_with());
  TlsArguments tls;
  add_options(app, line, tls);
  // CLI11 reads the file before the environment, and so would not see that the file is named there.
  const char* const named = std::getenv("TRILOOP_CONFIG");
  const std::string file = named == nullptr ? "" : named;
  app.set_config("--config", file, "read options from this file (name = value)", !file.empty())
      ->type_name("FILE");
  app.config_formatter(std::make_shared<OptionsFile>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  read_environment_too(app);
  app.footer(
      "triloop dial URL is a client: see triloop dial --help.\n"
      "Each option can also be set in the environment: --max-message as "
      "TRILOOP_MAX_MESSAGE.\nExit status: 0 after SIGTERM or SIGINT, 1 if it cannot serve, "
      "2 for a bad option,\n3 if a processor did not return.");
  try {
    app.parse(argc, argv);
    listen_at_sockets_of_service_manager(line, argc, argv);
    finish_tls_options(tls, line.server.tls);
    return line;
  } catch (const CLI::Success& success) {
    exit_status = app.exit(success);
  } catch (const std::exception& error) {
    std::cerr << "triloop: " << error.what() << " (see triloop --help)\n";
    exit_status = kUsageError;
  }
  return std::nullopt;
}

}  // namespace triloop
