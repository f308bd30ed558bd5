// A server that ends its connections by itself, in the way that the path names.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "triloop/server.h"

namespace {

triloop::Server* running = nullptr;

}  // namespace

// Called as the program is: --bind 127.0.0.1 --port 0. Says hello first: who has read that is open.
int main(int argc, char** argv) {
  std::map<std::string, std::string> arguments;
  for (int i = 1; i + 1 < argc; i += 2) arguments[argv[i]] = argv[i + 1];
  triloop::Options options;
  options.bind = {arguments["--bind"]};
  options.port = 0;
  triloop::Server server(options);
  running = &server;
  std::signal(SIGTERM, [](int) { running->stop(); });
  const auto hello = triloop::Message::text("hello");
  server.handle("/close", [&](triloop::Connection& connection) {
    connection.write(hello);
    connection.close(4000, "enough");
  });
  server.handle("/return", [&](triloop::Connection& connection) { connection.write(hello); });
  server.handle("/throw", [&](triloop::Connection& connection) {
    connection.write(hello);
    throw std::runtime_error("on purpose");
  });
  server.handle("/stop", [&](triloop::Connection& connection) {
    connection.write(hello);
    connection.read();
  });
  std::cout << "listening on " << server.url() << std::endl;
  return server.run().empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
