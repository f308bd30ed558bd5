#include "net/proxied_socket.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>

#include "net/deadline.h"
#include "net/proxy_header.h"
#include "net/proxy_headers.h"
#include "support/catch.h"
#include "support/fake_connection.h"

namespace triloop {
namespace {

using testing::FakeSocket;

// The test plays the proxy.
struct Proxied {
  FakeSocket* const inner = new FakeSocket;
  const std::unique_ptr<Socket> socket = make_proxied_socket(std::unique_ptr<Socket>(inner));

  std::error_code open(TimePoint deadline = kNever) const {
    std::error_code error;
    socket->open(deadline, error);
    return error;
  }
};

TEST_CASE("an open proxied socket has the address of the header, and the rest is still to come",
          "[proxied_socket]") {
  const Proxied proxied;
  proxied.inner->deliver("PROXY TCP4 203.0.113.9 192.0.2.1 51514 443\r\nGET /");
  CHECK(proxied.socket->peer_address() == "peer:1");
  CHECK_FALSE(proxied.open());
  CHECK(proxied.socket->peer_address() == "203.0.113.9:51514");
  CHECK(proxied.inner->unread() == "GET /");
  std::array<char, 100> buffer;
  std::error_code error;
  CHECK(proxied.socket->receive(buffer.data(), buffer.size(), kNever, error) == 5);
}

TEST_CASE("a large header is taken in pieces, to the byte", "[proxied_socket]") {
  const Proxied proxied;
  proxied.inner->deliver(
      testing::binary_header(0x21, 0x11, testing::ipv4_block() + std::string(4000, 't')) + "GET /");
  CHECK_FALSE(proxied.open());
  CHECK(proxied.socket->peer_address() == "203.0.113.9:51514");
  CHECK(proxied.inner->unread() == "GET /");
}

TEST_CASE("a proxy that connects for itself keeps its own address", "[proxied_socket]") {
  const Proxied proxied;
  proxied.inner->deliver(testing::binary_header(0x20, 0, ""));
  CHECK_FALSE(proxied.open());
  CHECK(proxied.socket->peer_address() == "peer:1");
}

TEST_CASE("open waits for the header and no longer than its deadline", "[proxied_socket][blocks]") {
  const Proxied proxied;
  proxied.inner->deliver("PROXY TCP4 203.0.113.9 ");
  CHECK(proxied.open(deadline_in(std::chrono::milliseconds(20))) == ProxyHeaderError::too_slow);
  CHECK(proxied.socket->peer_address() == "peer:1");
}

TEST_CASE("open is freed by the end of the stream, by shutdown, and by what is no header",
          "[proxied_socket][blocks]") {
  const Proxied ended, cut, wrong;
  ended.inner->deliver("PROXY TCP4 203.0.113.9 ");
  ended.inner->end_stream();
  CHECK(ended.open() == ProxyHeaderError::cut_off);

  std::error_code error;
  testing::Worker opener([&] { error = cut.open(); });
  opener.await_blocked();
  cut.socket->shutdown();
  opener.await_done();
  CHECK(error);

  wrong.inner->deliver("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(wrong.open() == ProxyHeaderError::missing);
}

}  // namespace
}  // namespace triloop
