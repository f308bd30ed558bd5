// A program of somebody else's that uses triloop: a processor, a round trip, the end.
#include <triloop/server.h>
#include <triloop/version.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "client.h"

int round_trip() {
  triloop::Options options;
  options.bind = {"127.0.0.1"};
  options.port = 0;
  triloop::Server server(options);
  server.handle("/ws", [](triloop::Connection& connection) {
    for (triloop::Message& message : connection) {
      if (!connection.write({message.type, "you said: " + message.data})) return;
    }
  });
  server.page("/", [](const triloop::Request& request) {
    triloop::Response response;
    response.body = request.header("Host");
    return response;
  });
  const triloop::Thread thread("server", [&server] { server.run(); });
  std::string answer;
  try {
    answer = ask(server.port(), "hello");
  } catch (const std::exception& error) {
    answer = error.what();
  }
  server.stop();
  const bool same_version = std::string(TRILOOP_VERSION) == triloop::version();
  std::cout << answer << "; C++ " << __cplusplus << "; triloop " << triloop::version() << " ("
            << triloop::built_with() << ")" << std::endl;
  return answer == "you said: hello" && same_version ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main() {
  try {
    return round_trip();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
