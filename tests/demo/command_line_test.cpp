#include "demo/command_line.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "support/catch.h"

namespace triloop {
namespace {

// Catches what a stream prints while it lives.
class Capture {
 public:
  explicit Capture(std::ostream& stream) : stream_(stream), old_(stream.rdbuf(text_.rdbuf())) {}
  ~Capture() { stream_.rdbuf(old_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostream& stream_;
  std::ostringstream text_;
  std::streambuf* old_;
};

struct Result {
  std::optional<CommandLine> line;
  int exit_status = -1;
  std::string out;
  std::string err;
};

Result parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "triloop");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  Result result;
  const Capture out(std::cout);
  const Capture err(std::cerr);
  result.line = parse_command_line(static_cast<int>(argv.size()), argv.data(), result.exit_status);
  result.out = out.text();
  result.err = err.text();
  return result;
}

TEST_CASE("without arguments the options are the library's defaults", "[command_line]") {
  const Result result = parse({});
  REQUIRE(result.line);
  const Options defaults;
  const Options& server = result.line->server;
  CHECK(server.bind == std::vector<std::string>{"0.0.0.0"});
  CHECK(server.port == 7777);
  CHECK(server.heartbeat == std::chrono::seconds(2));
  CHECK(server.queue_messages == 1000);
  CHECK(server.queue_bytes == defaults.queue_bytes);
  CHECK(server.max_message_bytes == 16777216);
  CHECK(server.compress_level == defaults.compress_level);
  CHECK(server.compress_window == defaults.compress_window);
  CHECK(server.close_timeout == defaults.close_timeout);
  CHECK_FALSE(result.line->quiet);
}

TEST_CASE("each option reaches its member", "[command_line]") {
  const Result result = parse({"--bind=::1",
                               "--port=0",
                               "--heartbeat=0.25",
                               "--queue=7",
                               "--queue-bytes=8",
                               "--max-message=9",
                               "--keep-buffers=12",
                               "--handshake-timeout=1",
                               "--write-timeout=2",
                               "--close-timeout=3",
                               "--drain-timeout=4",
                               "--stop-code=1012",
                               "--stack-size=65536",
                               "--spare-threads=11",
                               "--web=/",
                               "--ping-interval=5",
                               "--pong-timeout=6",
                               "--max-connections=10",
                               "--max-handshakes=3",
                               "--allow-origin=a",
                               "--allow-origin=b",
                               "--compress",
                               "--compress-level=4",
                               "--compress-window=13",
                               "--inspect=off",
                               "--quiet",
                               "--log-level=warn"});
  REQUIRE(result.line);
  const Options& server = result.line->server;
  CHECK(server.bind == std::vector<std::string>{"::1"});
  CHECK(server.port == 0);
  CHECK(server.heartbeat == std::chrono::milliseconds(250));
  CHECK(server.queue_messages == 7);
  CHECK(server.queue_bytes == 8);
  CHECK(server.max_message_bytes == 9);
  CHECK(server.keep_buffers == 12);
  CHECK(server.handshake_timeout == std::chrono::seconds(1));
  CHECK(server.write_timeout == std::chrono::seconds(2));
  CHECK(server.close_timeout == std::chrono::seconds(3));
  CHECK(server.drain_timeout == std::chrono::seconds(4));
  CHECK(server.stop_code == 1012);
  CHECK(server.stack_bytes == 65536);
  CHECK(server.spare_threads == 11);
  CHECK(server.ping_interval == std::chrono::seconds(5));
  CHECK(server.pong_timeout == std::chrono::seconds(6));
  CHECK(server.max_connections == 10);
  CHECK(server.max_handshakes == 3);
  CHECK(server.compress);
  CHECK(server.compress_level == 4);
  CHECK(server.compress_window == 13);
  CHECK(result.line->inspect == InspectAccess::kOff);
  CHECK(server.allowed_origins == std::vector<std::string>{"a", "b"});
  CHECK(result.line->web_directory == "/");
  CHECK(result.line->quiet);
  CHECK(result.line->log_level == "warn");
}

TEST_CASE("each processor's option reaches its member", "[command_line]") {
  const Result result =
      parse({"--processor=proxy", "--workers=2", "--all-workers=3", "--in-order", "--database=d",
             "--slow-member=disconnect", "--upstream=localhost:1"});
  REQUIRE(result.line);
  const ProcessorChoice& processor = result.line->processor;
  CHECK(processor.name == "proxy");
  CHECK(processor.parallel.workers == 2);
  CHECK(processor.parallel.all_workers == 3);
  CHECK(processor.parallel.in_order);
  CHECK(processor.database == "d");
  CHECK(processor.slow_member == SlowMember::kDisconnect);
  CHECK(processor.upstream == "localhost:1");
  CHECK(parse({}).line->processor.name == "echo");
}

TEST_CASE("a bad value is one line on standard error and status 2", "[command_line]") {
  const std::vector<std::vector<std::string>> bad = {{"--port", "65536"},
                                                     {"--port", "-1"},
                                                     {"--port", "http"},
                                                     {"--heartbeat", "-1"},
                                                     {"--heartbeat", "soon"},
                                                     {"--queue", "0"},
                                                     {"--max-message", "0"},
                                                     {"--compress-level", "0"},
                                                     {"--compress-level", "10"},
                                                     {"--compress-window", "8"},
                                                     {"--compress-window", "16"},
                                                     {"--compress-window", "12.5"},
                                                     {"--max-message", "-5"},
                                                     {"--close-timeout", "0"},
                                                     {"--stop-code", "1006"},
                                                     {"--stop-code", "2000"},
                                                     {"--stop-code", "66548"},
                                                     {"--stop-code", "restart"},
                                                     {"--web", "/no/such/directory"},
                                                     {"--scheduler", "/no/such/program"},
                                                     {"--scheduler-visitors", "0"},
                                                     {"--log-level", "loud"},
                                                     {"--processor", "none"},
                                                     {"--workers", "0"},
                                                     {"--all-workers", "0"},
                                                     {"--slow-member", "wait"},
                                                     {"--nonsense"},
                                                     {"stray"},
                                                     {"--config", "/no/such/file"},
                                                     {"--heartbeat", "1e99"},
                                                     {"--heartbeat", "0.0004"},
                                                     {"--ping-interval", "0.0009"},
                                                     {"--drain-timeout", "1e-9"},
                                                     {"--pong-timeout", "0.0009"},
                                                     {"--port"}};
  for (const auto& arguments : bad) {
    INFO(arguments.front() << " " << arguments.back());
    const Result result = parse(arguments);
    CHECK_FALSE(result.line);
    CHECK(result.exit_status == 2);
    CHECK(result.out.empty());
    CHECK(result.err.rfind("triloop: ", 0) == 0);
    CHECK(result.err.find('\n') == result.err.size() - 1);
  }
}

TEST_CASE("a time is at least a millisecond, or 0 where that means something", "[command_line]") {
  CHECK(parse({"--heartbeat", "0"}).line->server.heartbeat.count() == 0);
  CHECK(parse({"--heartbeat", "0.001"}).line->server.heartbeat.count() == 1);
  CHECK(parse({"--drain-timeout", "-0"}).line->server.drain_timeout.count() == 0);
  CHECK(parse({"--heartbeat", "0.0004"}).err ==
        "triloop: --heartbeat: Value 0.0004 is less than a millisecond (see triloop --help)\n");
}

TEST_CASE("--help and --version are no errors", "[command_line]") {
  const Result help = parse({"--help"});
  CHECK_FALSE(help.line);
  CHECK(help.exit_status == 0);
  for (const char* option : {"--bind", "--port", "--heartbeat", "--queue", "--max-message", "--web",
                             "--quiet", "--log-level", "--version", "--config"}) {
    CHECK(help.out.find(option) != std::string::npos);
  }
  const Result version = parse({"--version"});
  CHECK(version.exit_status == 0);
  CHECK(version.out.rfind("triloop ", 0) == 0);
}

TEST_CASE("the environment sets an option, and the command line wins", "[command_line]") {
  ::setenv("TRILOOP_MAX_MESSAGE", "123", 1);
  ::setenv("TRILOOP_COMPRESS_WINDOW", "11", 1);
  ::setenv("TRILOOP_QUIET", "true", 1);
  const Result from_environment = parse({});
  const Result from_both = parse({"--max-message", "456"});
  ::unsetenv("TRILOOP_MAX_MESSAGE");
  ::unsetenv("TRILOOP_COMPRESS_WINDOW");
  ::unsetenv("TRILOOP_QUIET");
  REQUIRE(from_environment.line);
  CHECK(from_environment.line->server.max_message_bytes == 123);
  CHECK(from_environment.line->server.compress_window == 11);
  CHECK(from_environment.line->quiet);
  REQUIRE(from_both.line);
  CHECK(from_both.line->server.max_message_bytes == 456);
}

TEST_CASE("a configuration file sets options, and unknown names in it are errors",
          "[command_line]") {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("triloop-test-" + std::to_string(::getpid()) + ".ini"))
                               .string();
  std::ofstream(path) << "heartbeat = 0.5\nqueue = 12\nquiet = true\n";
  const Result good = parse({"--config", path, "--queue", "13"});
  ::setenv("TRILOOP_CONFIG", path.c_str(), 1);
  const Result named_in_environment = parse({});
  ::setenv("TRILOOP_CONFIG", "/no/such/file", 1);
  const Result named_for_nothing = parse({});
  const Result named_twice = parse({"--config", path});
  ::setenv("TRILOOP_CONFIG", "", 1);
  const Result named_nothing = parse({});
  ::unsetenv("TRILOOP_CONFIG");
  std::ofstream(path) << "heartbeats = 0.5\n";
  const Result bad = parse({"--config", path});
  std::remove(path.c_str());
  REQUIRE(good.line);
  CHECK(good.line->server.heartbeat == std::chrono::milliseconds(500));
  CHECK(good.line->server.queue_messages == 13);
  CHECK(good.line->quiet);
  REQUIRE(named_in_environment.line);
  CHECK(named_in_environment.line->server.queue_messages == 12);
  CHECK(named_for_nothing.exit_status == 2);
  CHECK(named_for_nothing.err.find("/no/such/file") != std::string::npos);
  REQUIRE(named_twice.line);
  CHECK(named_twice.line->server.queue_messages == 12);
  CHECK(named_nothing.line);
  CHECK_FALSE(bad.line);
  CHECK(bad.exit_status == 2);
  CHECK(bad.err.find("heartbeats") != std::string::npos);
}

TEST_CASE("what Kubernetes sets beside a service named triloop is no port, and only a warning",
          "[command_line]") {
  ::setenv("TRILOOP_PORT", "tcp://10.96.3.7:7777", 1);
  const Result link = parse({});
  ::setenv("TRILOOP_PORT", "tcp", 1);
  const Result mistake = parse({});
  ::setenv("TRILOOP_PORT", "81", 1);
  const Result port = parse({});
  ::unsetenv("TRILOOP_PORT");
  REQUIRE(link.line);
  CHECK(link.line->server.port == 7777);
  CHECK(link.err.find("TRILOOP_PORT=tcp://10.96.3.7:7777") != std::string::npos);
  CHECK(mistake.exit_status == 2);
  REQUIRE(port.line);
  CHECK(port.line->server.port == 81);
  CHECK(port.err.empty());
}

TEST_CASE("a byte order mark in a configuration file is skipped", "[command_line]") {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("triloop-test-" + std::to_string(::getpid()) + "-bom.ini"))
                               .string();
  std::ofstream(path) << "\xEF\xBB\xBFqueue = 12\r\nport = 13\r\n";
  const Result result = parse({"--config", path});
  std::remove(path.c_str());
  REQUIRE(result.line);
  CHECK(result.line->server.queue_messages == 12);
  CHECK(result.line->server.port == 13);
}

TEST_CASE(
    "the addresses of --bind are a list: repeated, with commas, in the environment, in a file",
    "[command_line]") {
  using List = std::vector<std::string>;
  const auto binds = [](const std::vector<std::string>& arguments) {
    const Result result = parse(arguments);
    REQUIRE(result.line);
    return result.line->server.bind;
  };
  CHECK(binds({"--bind", "a", "--bind=::1"}) == List{"a", "::1"});
  CHECK(binds({"--bind", "a,b", "--bind", "c"}) == List{"a", "b", "c"});
  CHECK(parse({"--bind", "a", "stray"}).exit_status == 2);
  ::setenv("TRILOOP_BIND", "127.0.0.1,::1", 1);
  CHECK(binds({}) == List{"127.0.0.1", "::1"});
  CHECK(binds({"--bind", "a"}) == List{"a"});
  ::unsetenv("TRILOOP_BIND");
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("triloop-test-" + std::to_string(::getpid()) + "-bind.ini"))
                               .string();
  for (const char* text : {"[\"a\", \"::1\"]", "a ::1", "a,::1"}) {
    INFO(text);
    std::ofstream(path) << "bind = " << text << "\n";
    CHECK(binds({"--config", path}) == List{"a", "::1"});
    CHECK(binds({"--config", path, "--bind", "b"}) == List{"b"});
  }
  std::remove(path.c_str());
}

TEST_CASE("subprotocols are a list of tokens, the favourite first", "[command_line]") {
  CHECK(parse({}).line->processor.subprotocols.empty());
  const Result list = parse({"--subprotocol", "mqtt,binary", "--subprotocol=x.v1"});
  REQUIRE(list.line);
  CHECK(list.line->processor.subprotocols == std::vector<std::string>{"mqtt", "binary", "x.v1"});
  for (const char* bad : {"a b", "a,b c", "a/b", "\xc3\xa4"}) {
    INFO(bad);
    CHECK(parse({"--subprotocol", bad}).exit_status == 2);
  }
}

}  // namespace
}  // namespace triloop
