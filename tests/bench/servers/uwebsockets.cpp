// uWebSockets, asynchronous: two threads with a loop each, which share the port; one for a room.
// Built only where its sources are given; see CMakeLists.txt.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <future>
#include <system_error>
#include <thread>

#include "App.h"
#include "serve.h"

namespace {

constexpr int kThreads = 2;
constexpr unsigned kMostMessageBytes = 64u << 20;
constexpr unsigned kMostUnsentBytes = 256u << 20;  // a connection that passes it is cut off

struct Nothing {};

void check(bool is_well, const char* call) {
  if (!is_well) throw std::system_error(errno, std::system_category(), call);
}

// The port, held for the loops by a socket that never listens. They share it with each other, so
// they can share it with this one.
std::uint16_t reserve(std::uint16_t port) {
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(holder >= 0, "socket");
  check(setsockopt(holder, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "SO_REUSEADDR");
  check(setsockopt(holder, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0, "SO_REUSEPORT");
  check(bind(holder, plain, size) == 0, "bind");
  check(getsockname(holder, plain, &size) == 0, "getsockname");
  return ntohs(address.sin_port);
}

void serve(std::uint16_t port, bool compress, bool room, std::promise<bool> listens) {
  using Socket = uWS::WebSocket<false, true, Nothing>;
  uWS::App::WebSocketBehavior<Nothing> behavior;
  behavior.compression = compress ? uWS::DEDICATED_COMPRESSOR_256KB : uWS::DISABLED;
  behavior.maxPayloadLength = kMostMessageBytes;
  behavior.maxBackpressure = kMostUnsentBytes;
  behavior.idleTimeout = 0;
  behavior.message = [compress](Socket* socket, std::string_view message, uWS::OpCode code) {
    socket->send(message, code, compress);
  };
  uWS::App app;
  if (room) {
    behavior.open = [](Socket* socket) {
      socket->subscribe("room");
      socket->send("joined", uWS::OpCode::TEXT);
    };
    behavior.message = [&app, compress](Socket*, std::string_view message, uWS::OpCode code) {
      app.publish("room", message, code, compress);
    };
  }
  app.ws<Nothing>("/ws", std::move(behavior));
  app.listen("127.0.0.1", port, [&](auto* listener) { listens.set_value(listener != nullptr); });
  app.run();
}

}  // namespace

int main(int argc, char** argv) try {
  const auto [asked, compress, room] = bench::arguments(argc, argv);
  bench::block_sigterm();
  const std::uint16_t port = reserve(asked);
  // A loop's rooms end at its edge.
  for (int i = 0; i < (room ? 1 : kThreads); ++i) {
    std::promise<bool> listens;
    auto is_listening = listens.get_future();
    std::thread(serve, port, compress, room, std::move(listens))
        .detach();  // see wait_for_sigterm()
    check(is_listening.get(), "listen");
  }
  bench::announce(port);
  bench::wait_for_sigterm();
} catch (const std::exception& error) {
  std::cerr << "uwebsockets: " << error.what() << '\n';
  return 1;
}
