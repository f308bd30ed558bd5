// Boost.Beast.
#include <boost/asio.hpp>
#include <boost/asio/ssl/rfc2818_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <regex>

#include "records.h"

namespace beast = boost::beast;
namespace websocket = beast::websocket;
namespace ssl = boost::asio::ssl;
using Error = beast::error_code;

template <class Stream>
class Client {
 public:
  Client(const std::string& host, const std::string& port, Stream& stream) : ws_(stream) {
    const std::string mode = setting("WS_COMPRESS");
    websocket::permessage_deflate deflate;
    deflate.client_enable = !mode.empty();
    deflate.client_no_context_takeover = mode == "no-context" || mode == "client-no-context";
    deflate.server_no_context_takeover = mode == "no-context";
    if (mode == "small-windows")
      deflate.client_max_window_bits = deflate.server_max_window_bits = 9;
    ws_.set_option(deflate);
    ws_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    ws_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      for (const auto& [name, value] : headers()) request.set(name, value);
      if (asked("WS_ORIGIN")) request.set(beast::http::field::origin, setting("WS_ORIGIN"));
      if (asked("WS_PROTOCOLS")) request.set("Sec-WebSocket-Protocol", setting("WS_PROTOCOLS"));
    }));
    if (asked("WS_FRAGMENT")) ws_.write_buffer_bytes(number("WS_FRAGMENT", 0));
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (kind != websocket::frame_type::pong) return;
      say("pong " + std::string(payload));
      one_less();
    });
    address_ = host + ":" + port;
  }

  void run(const std::string& target) {
    websocket::response_type response;
    Error error;
    ws_.handshake(response, address_, target, error);
    if (error)
      return say("failed " + error.message() + ", " + std::to_string(response.result_int()));
    say("open " + std::string(response["Sec-WebSocket-Protocol"]));
    read();
    if (asked("WS_PING")) ws_.async_ping(websocket::ping_data(setting("WS_PING")), [](Error) {});
    write();
  }

 private:
  void read() {
    ws_.async_read(buffer_, [this](Error error, std::size_t) {
      if (error && to_come_ <= 0) return;  // async_close() has ended it
      if (error) return over(error == websocket::error::closed ? Error() : error);
      heard(ws_.got_text(), beast::buffers_to_string(buffer_.data()));
      buffer_.consume(buffer_.size());
      one_less();
      if (to_come_ > 0) read();
    });
  }

  void write() {
    if (written_ == messages_.size()) return;
    ws_.text(messages_[written_].text);
    ws_.async_write(boost::asio::buffer(messages_[written_++].data),
                    [this](Error error, std::size_t) {
                      if (!error) write();
                    });
  }

  void one_less() {
    if (--to_come_ != 0) return;
    websocket::close_reason why(static_cast<websocket::close_code>(number("WS_CLOSE_CODE", 0)));
    why.reason = setting("WS_CLOSE_REASON");
    ws_.async_close(why, [this](Error error) { over(error); });
  }

  void over(Error error) {
    if (error) return say("failed " + error.message());
    say("closed " + std::to_string(ws_.reason().code) + " - " + ws_.reason().reason.c_str());
  }

  websocket::stream<Stream&> ws_;
  std::string address_;
  beast::flat_buffer buffer_;
  const std::vector<Message> messages_ = messages();
  std::size_t written_ = 0;
  int to_come_ = ::to_come();
};

int main(int, char** argv) try {
  std::cmatch url;
  std::regex_match(argv[1], url, std::regex("(wss?)://([^:]+):(\\d+)(/.*)"));
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver(context);
  ssl::context tls(ssl::context::tls_client);
  tls.set_verify_mode(ssl::verify_peer);
  tls.set_default_verify_paths();
  if (asked("WS_CA")) tls.load_verify_file(setting("WS_CA"));
  beast::ssl_stream<beast::tcp_stream> stream(context, tls);
  stream.next_layer().connect(resolver.resolve(url[2].str(), url[3].str()));
  if (url[1] == "ws") {
    Client client(url[2], url[3], stream.next_layer());
    client.run(url[4]);
    context.run();
  } else {
    stream.set_verify_callback(ssl::rfc2818_verification(url[2]));
    stream.handshake(ssl::stream_base::client);
    Client client(url[2], url[3], stream);
    client.run(url[4]);
    context.run();
  }
} catch (const std::exception& error) {
  say(std::string("failed ") + error.what());
}
