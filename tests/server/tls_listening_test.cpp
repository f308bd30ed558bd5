// Where a server listens, and whether anybody there would see its certificate.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "net/tls_peer.h"
#include "support/catch.h"
#include "support/running_server.h"

namespace triloop {
namespace {

template <typename Address>
std::string listening(int family, const Address& address) {
  const int descriptor = ::socket(family, SOCK_STREAM, 0);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(descriptor, 16) == 0);
  return "fd:" + std::to_string(descriptor);
}

// An entry of Options::listen, which owns the socket; that has no file.
std::string unix_socket() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "triloop-tls-" + std::to_string(::getpid());
  name.copy(address.sun_path + 1, name.size());  // an abstract address: unix(7)
  return listening(AF_UNIX, address);
}

std::string tcp_socket() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listening(AF_INET, address);
}

TEST_CASE(
    "tls: a certificate that nobody would see is refused, where one socket of TCP is it is not",
    "[tls]") {
  const testing::Certificates certificates;
  Options options = testing::quiet_options();
  options.tls = testing::tls_options_with(certificates);
  options.listen = {unix_socket(), "tcp:127.0.0.1:0"};
  CHECK_THROWS_WITH(
      Server(options),
      "listen: a certificate is named, and of the sockets that were there before none is of TCP");
  options.listen = {unix_socket(), tcp_socket()};
  CHECK(Server(options).urls().back().rfind("https://127.0.0.1:", 0) == 0);
}

}  // namespace
}  // namespace triloop
