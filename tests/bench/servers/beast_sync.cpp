// Boost.Beast, synchronous: one thread for each connection reads a message and writes it back.
// Without queues and hand-overs; so it has no heartbeat, and one message at a time is in its hands.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "serve.h"

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;

constexpr std::size_t kMostMessageBytes = std::size_t{64} << 20;

using Stream = websocket::stream<tcp::socket>;

void accept(Stream& stream, bool compress, beast::error_code& error) {
  stream.next_layer().set_option(tcp::no_delay(true), error);
  stream.auto_fragment(false);
  stream.read_message_max(kMostMessageBytes);
  websocket::permessage_deflate deflate;
  deflate.server_enable = compress;
  stream.set_option(deflate);
  stream.accept(error);
}

void echo(tcp::socket socket, bool compress) {
  beast::error_code error;
  Stream stream(std::move(socket));
  accept(stream, compress, error);
  beast::flat_buffer message;
  while (!error) {
    stream.read(message, error);
    if (error) break;
    stream.text(stream.got_text());
    stream.write(message.data(), error);
    message.consume(message.size());
  }
}

void print(const std::string& line) { std::cout << line + "\n" << std::flush; }

// "ping" is answered by a ping, whose pong is printed, and "close 4000 why" by that Close; so is
// the client's Close.
void talk(tcp::socket socket, bool compress) {
  beast::error_code error;
  Stream stream(std::move(socket));
  accept(stream, compress, error);
  stream.control_callback([](websocket::frame_type kind, beast::string_view payload) {
    if (kind == websocket::frame_type::pong) print("pong " + std::string(payload));
  });
  while (!error) {
    beast::flat_buffer message;
    stream.read(message, error);
    if (error) break;
    const std::string text = beast::buffers_to_string(message.data());
    if (text == "ping") {
      stream.ping("here", error);
    } else if (text.rfind("close ", 0) == 0) {
      const auto code = static_cast<std::uint16_t>(std::stoul(text.substr(6, 4)));
      const std::string why = text.substr(11);
      stream.close({static_cast<websocket::close_code>(code), why}, error);
      if (!error) error = websocket::error::closed;
    } else {
      stream.text(stream.got_text());
      stream.write(message.data(), error);
    }
  }
  if (error != websocket::error::closed) return print("lost: " + error.message());
  print("closed " + std::to_string(stream.reason().code) + " " +
        std::string(stream.reason().reason.data(), stream.reason().reason.size()));
}

[[noreturn]] void accept_loop(tcp::acceptor acceptor, boost::asio::io_context& context,
                              const bench::Arguments& arguments) {
  // They are not joined: see wait_for_sigterm().
  for (;;) {
    std::thread(arguments.talk ? talk : echo, acceptor.accept(context), arguments.compress)
        .detach();
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const bench::Arguments arguments = bench::arguments(argc, argv);
  bench::block_sigterm();
  boost::asio::io_context context(1);
  tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), arguments.port});
  bench::announce(acceptor.local_endpoint().port());
  std::thread(accept_loop, std::move(acceptor), std::ref(context), std::cref(arguments)).detach();
  bench::wait_for_sigterm();
} catch (const std::exception& error) {
  std::cerr << "beast_sync: " << error.what() << '\n';
  return 1;
}
