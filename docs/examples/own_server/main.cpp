#include <triloop/server.h>

#include <cstdlib>
#include <iostream>

const std::string kPage = R"(<!doctype html><title>own server</title><input><pre></pre><script>
const socket = new WebSocket(`ws://${location.host}/ws`), input = document.querySelector("input");
socket.onmessage = (event) => document.querySelector("pre").append(event.data + "\n");
input.onchange = () => { socket.send(input.value); input.value = ""; };</script>)";
void answer(triloop::Connection& connection) {  // read() blocks until a message comes, or the end
  while (auto m = connection.read()) connection.write({m->type, "you said: " + m->data});
}

int main(int argc, char** argv) {  // own_server [PORT]
  triloop::Options options;
  options.bind = {"127.0.0.1"};
  if (argc > 1) options.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  if (argc > 1 && std::to_string(options.port) != argv[1]) return std::cerr << "no such port\n", 2;
  options.heartbeat = {};  // it would be a message among yours
  triloop::Server server(options);
  server.handle("/ws", answer);
  server.page("/", [](auto&) { return triloop::Response{"text/html; charset=utf-8", kPage}; });
  std::cout << "open " << server.url() << " in a browser" << std::endl;
  server.run();
}
