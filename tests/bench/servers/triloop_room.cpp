// A room of triloop's: what one says all hear. A user of triloop/group.h would write as much.

#include <thread>

#include "serve.h"
#include "triloop/group.h"
#include "triloop/server.h"

namespace {

constexpr std::size_t kMostAtOnce = 64;
constexpr std::chrono::seconds kPatience{10};

void talk(triloop::Connection& connection, triloop::Group& room) {
  const triloop::ConnectionHandle me = connection.handle();
  room.join(me);
  connection.write(triloop::Message::text("joined"));
  for (const triloop::Message& message : connection) {
    std::vector<triloop::PreparedMessage> said{triloop::PreparedMessage(message)};
    triloop::Message next;
    while (said.size() < kMostAtOnce && connection.try_read(next) == triloop::ReadResult::kMessage)
      said.emplace_back(next);
    room.publish(said, triloop::Overflow::wait(kPatience));
  }
  room.leave(me);
}

}  // namespace

int main(int argc, char** argv) try {
  const bench::Arguments arguments = bench::arguments(argc, argv);
  bench::block_sigterm();
  triloop::Options options;
  options.port = arguments.port;
  options.bind = {"127.0.0.1"};
  options.compress = arguments.compress;
  options.max_connections = 20'000;
  triloop::Group room;
  triloop::Server server(options);
  server.handle("/ws", [&room](triloop::Connection& connection) { talk(connection, room); });
  std::thread([&server] { server.run(); }).detach();  // see wait_for_sigterm()
  bench::announce(server.port());
  bench::wait_for_sigterm();
} catch (const std::exception& error) {
  std::cerr << "triloop_room: " << error.what() << '\n';
  return 1;
}
