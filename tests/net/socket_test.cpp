#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "support/catch.h"

namespace triloop {
namespace {

// A connection of TCP to a peer that reads nothing.
struct Unread {
  Unread() {
    const Descriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listening.number(), name, size) == 0);
    REQUIRE(::listen(listening.number(), 1) == 0);
    REQUIRE(::getsockname(listening.number(), name, &size) == 0);
    Descriptor connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(connected.number(), name, size) == 0);
    peer = std::make_unique<Descriptor>(::accept(listening.number(), nullptr, nullptr));
    socket = make_socket(std::move(connected), "peer:1");
  }

  void fill() const {
    const std::string bytes(std::size_t{1} << 16, 'x');
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    std::error_code error;
    while (socket->try_send(&part, 1, error) > 0) {
    }
    REQUIRE(!error);
  }

  std::unique_ptr<Descriptor> peer;
  std::unique_ptr<Socket> socket;
};

TEST_CASE("socket: the end of our stream is no byte that is not acknowledged", "[socket]") {
  const Unread full;
  full.fill();
  const Delivery before = full.socket->delivery();
  REQUIRE(!before.is_complete());
  SECTION("shutdown_send()") { full.socket->shutdown_send(); }
  SECTION("shutdown()") { full.socket->shutdown(); }
  const Delivery after = full.socket->delivery();
  CHECK(after.sent == before.sent);
  CHECK(after.acknowledged >= before.acknowledged);
}

}  // namespace
}  // namespace triloop
