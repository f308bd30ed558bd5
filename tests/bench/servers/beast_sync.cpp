// Boost.Beast, synchronous: one thread for each connection reads a message and writes it back.
// Without queues and hand-overs; so it has no heartbeat, and one message at a time is in its hands.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <functional>
#include <iostream>
#include <thread>
#include <utility>

#include "serve.h"

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;

constexpr std::size_t kMostMessageBytes = std::size_t{64} << 20;

void echo(tcp::socket socket, bool compress) {
  beast::error_code error;
  socket.set_option(tcp::no_delay(true), error);
  websocket::stream<tcp::socket> stream(std::move(socket));
  stream.auto_fragment(false);
  stream.read_message_max(kMostMessageBytes);
  websocket::permessage_deflate deflate;
  deflate.server_enable = compress;
  stream.set_option(deflate);
  stream.accept(error);
  beast::flat_buffer message;
  while (!error) {
    stream.read(message, error);
    if (error) break;
    stream.text(stream.got_text());
    stream.write(message.data(), error);
    message.consume(message.size());
  }
}

[[noreturn]] void accept_loop(tcp::acceptor acceptor, boost::asio::io_context& context,
                              bool compress) {
  // They are not joined: see wait_for_sigterm().
  for (;;) std::thread(echo, acceptor.accept(context), compress).detach();
}

}  // namespace

int main(int argc, char** argv) try {
  const bench::Arguments arguments = bench::arguments(argc, argv);
  bench::block_sigterm();
  boost::asio::io_context context(1);
  tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), arguments.port});
  bench::announce(acceptor.local_endpoint().port());
  std::thread(accept_loop, std::move(acceptor), std::ref(context), arguments.compress).detach();
  bench::wait_for_sigterm();
} catch (const std::exception& error) {
  std::cerr << "beast_sync: " << error.what() << '\n';
  return 1;
}
