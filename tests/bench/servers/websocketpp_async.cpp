// websocketpp's own server over standalone Asio: asynchronous, two threads for all connections.
// Its logging is not only off but compiled away, since its loggers lock a mutex even when off.

#include <iostream>
#include <thread>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/server.hpp>

#include "serve.h"

namespace {

struct Config : websocketpp::config::asio {
  using type = Config;
  using base = websocketpp::config::asio;
  using concurrency_type = base::concurrency_type;
  using request_type = base::request_type;
  using response_type = base::response_type;
  using message_type = base::message_type;
  using con_msg_manager_type = base::con_msg_manager_type;
  using endpoint_msg_manager_type = base::endpoint_msg_manager_type;
  using alog_type = websocketpp::log::stub;
  using elog_type = websocketpp::log::stub;
  using rng_type = base::rng_type;

  struct transport_config : base::transport_config {
    using concurrency_type = Config::concurrency_type;
    using alog_type = Config::alog_type;
    using elog_type = Config::elog_type;
    using request_type = Config::request_type;
    using response_type = Config::response_type;
    using socket_type = websocketpp::transport::asio::basic_socket::endpoint;
  };
  using transport_type = websocketpp::transport::asio::endpoint<transport_config>;
};

// What it negotiates is a matter of types, too.
struct CompressingConfig : Config {
  using type = CompressingConfig;
  struct permessage_deflate_config {};
  using permessage_deflate_type =
      websocketpp::extensions::permessage_deflate::enabled<permessage_deflate_config>;
};

namespace tcp_options = websocketpp::lib::asio::ip;

constexpr int kThreads = 2;
constexpr std::size_t kMostMessageBytes = std::size_t{64} << 20;

template <typename Server>
void listen(Server& server, std::uint16_t port) {
  server.init_asio();
  server.set_max_message_size(kMostMessageBytes);
  server.set_socket_init_handler([](auto, tcp_options::tcp::socket& socket) {
    websocketpp::lib::asio::error_code ignored;
    socket.set_option(tcp_options::tcp::no_delay(true), ignored);
  });
  server.set_message_handler(
      [&server](auto connection, const typename Server::message_ptr& message) {
        websocketpp::lib::error_code ignored;  // it may have been closed meanwhile
        server.send(connection, message->get_payload(), message->get_opcode(), ignored);
      });
  server.listen(tcp_options::tcp::endpoint(tcp_options::address_v4::loopback(), port));
  server.start_accept();
}

template <typename Server>
[[noreturn]] void serve(std::uint16_t port) {
  Server server;
  listen(server, port);
  websocketpp::lib::asio::error_code error;
  bench::announce(server.get_local_endpoint(error).port());
  for (int i = 0; i < kThreads; ++i) {
    std::thread([&server] { server.run(); }).detach();  // see wait_for_sigterm()
  }
  bench::wait_for_sigterm();
}

}  // namespace

int main(int argc, char** argv) try {
  const bench::Arguments arguments = bench::arguments(argc, argv);
  bench::block_sigterm();
  if (arguments.compress) serve<websocketpp::server<CompressingConfig>>(arguments.port);
  serve<websocketpp::server<Config>>(arguments.port);
} catch (const std::exception& error) {
  std::cerr << "websocketpp_async: " << error.what() << '\n';
  return 1;
}
