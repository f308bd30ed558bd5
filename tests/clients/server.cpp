// What clients are tried with beside the program itself: it says what they have asked for, and ends
// their connections with a hundred echoes owed.
#include "triloop/server.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using triloop::Connection;
using triloop::Message;
using triloop::Request;

constexpr std::size_t kOwed = 100;

triloop::Server* running = nullptr;

void say_what_was_asked(Connection& connection) {
  const Request& request = connection.request();
  nlohmann::json said{{"path", request.path}, {"query", request.query}};
  said["subprotocol"] = connection.subprotocol();
  for (const auto& [name, value] : request.headers) said["headers"][name] = value;
  connection.write(Message::text(said.dump()));
  while (connection.read()) {
  }
}

// All have been read before the first is answered: so each is owed when the end begins.
std::vector<Message> read_all_that_will_be_owed(Connection& connection) {
  std::vector<Message> owed;
  while (owed.size() < kOwed) {
    auto message = connection.read();
    if (!message) break;
    owed.push_back(std::move(*message));
  }
  return owed;
}

void answer(Connection& connection, std::vector<Message> owed) {
  for (Message& message : owed) connection.write(std::move(message));
}

}  // namespace

// Called as the program is: --bind 127.0.0.1 --port 0 [--compress] [--tls-certificate FILE
// --tls-key FILE]
int main(int argc, char** argv) {
  std::map<std::string, std::string> arguments;
  for (int i = 1; i < argc; ++i) arguments[argv[i]] = i + 1 < argc ? argv[i + 1] : "";
  triloop::Options options;
  options.bind = {"127.0.0.1"};
  options.port = 0;
  options.heartbeat = std::chrono::milliseconds(0);  // it would be heard between echoes
  options.compress = arguments.count("--compress") > 0;
  if (arguments.count("--tls-key") > 0) {
    options.tls.certificates = {{arguments["--tls-certificate"], arguments["--tls-key"]}};
  }
  triloop::Server server(options);
  running = &server;
  std::signal(SIGTERM, [](int) { running->stop(); });
  server.handle("/request", say_what_was_asked, {"favourite", "second"});
  server.handle("/owed/*", [](Connection& connection) {
    std::vector<Message> owed = read_all_that_will_be_owed(connection);
    const std::string how = connection.request().rest;
    if (how == "stop") {
      connection.write(Message::text("all are here"));
      while (connection.read()) {
      }
    }
    answer(connection, std::move(owed));
    if (how == "throw") throw std::runtime_error("on purpose");
    if (how != "stop") connection.close(static_cast<std::uint16_t>(std::stoi(how)), "so it ends");
  });
  std::cout << "listening on " << server.url() << std::endl;
  return server.run().empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
