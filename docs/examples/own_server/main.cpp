// A page, and a processor that answers what is typed there: own_server [PORT]
#include <triloop/server.h>

#include <cstdlib>
#include <iostream>

constexpr const char* kPage = R"(<!doctype html><title>own server</title><input><pre></pre><script>
const socket = new WebSocket(`ws://${location.host}/ws`), input = document.querySelector("input");
socket.onmessage = (event) => document.querySelector("pre").append(event.data + "\n");
input.onchange = () => { socket.send(input.value); input.value = ""; };</script>)";

void answer(triloop::Connection& connection) {
  connection.write(triloop::Message::text("hello, " + connection.peer_address()));
  while (auto message = connection.read()) {  // blocks until a message comes, or the end
    connection.write({message->type, "you said: " + message->data});
  }
}

int main(int argc, char** argv) {
  triloop::Options options;
  options.bind = "127.0.0.1";
  if (argc > 1) options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.heartbeat = std::chrono::seconds(0);  // it would be a message among yours
  triloop::Server server(options);
  server.handle("/ws", answer);
  server.page("/", [](const triloop::Request&) {
    triloop::Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = kPage;
    return response;
  });
  std::cout << "open " << server.url() << " in a browser" << std::endl;
  server.run();
}
