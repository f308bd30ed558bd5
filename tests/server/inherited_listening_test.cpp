// A server that listens on sockets which were there before it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <system_error>

#include "server/listening_socket.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

Options options_on(int descriptor) {
  Options options = quiet_options();
  options.listen = {"fd:" + std::to_string(descriptor)};
  return options;
}

std::string failure(int descriptor) {
  try {
    const Server server(options_on(descriptor));
    return "";
  } catch (const std::system_error& error) {
    return error.what();
  }
}

// A descriptor that the server is to own.
int socket_of(int family, int type) { return ::socket(family, type, 0); }

// Of 127.0.0.1; as its parent might have made it, without any option.
int listening_tcp() {
  const int descriptor = socket_of(AF_INET, SOCK_STREAM);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(descriptor, 16) == 0);
  return descriptor;
}

TEST_CASE("a server listens on a socket that it is given, and closes it", "[inherited]") {
  const int descriptor = listening_tcp();
  RunningServer server(testing::plain_echo, options_on(descriptor));
  CHECK(server.server().url() == "http://127.0.0.1:" + std::to_string(server.port()) + "/");
  TestClient client(server.port());
  client.open();
  client.send_text("hello");
  CHECK(client.next_text() == "hello");
  server.stop();
  CHECK_THROWS_AS(TestClient(server.port()), std::system_error);
}

TEST_CASE("a socket that was there before has the options of one's own, and no child gets it",
          "[inherited]") {
  const ListeningSocket socket = adopt(listening_tcp(), std::chrono::seconds(7));
  const int descriptor = socket.descriptor.number();
  int value = 0;
  socklen_t size = sizeof value;
  CHECK(::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0);
  CHECK(value == 1);
  CHECK(::getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size) == 0);
  CHECK(value == 7000);
  CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("a Unix socket that was there before is served, and its file stays", "[inherited]") {
  const std::string path = "/tmp/triloop-inherited-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = socket_of(AF_UNIX, SOCK_STREAM);
  REQUIRE(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(descriptor, 16) == 0);
  {
    RunningServer server(testing::plain_echo, options_on(descriptor));
    CHECK(server.server().url() == "unix:" + path);
    CHECK(server.port() == 0);
    TestClient(path).open();
  }
  CHECK(::unlink(path.c_str()) == 0);
}

TEST_CASE("a descriptor on which nobody can listen is refused, and stays as it is", "[inherited]") {
  CHECK(failure(1000) == "cannot listen on fd:1000: Bad file descriptor");
  const struct {
    int descriptor;
    const char* why;
  } table[] = {
      {::open("/dev/null", O_RDONLY), ", no stream socket of TCP or Unix: Invalid argument"},
      {socket_of(AF_INET, SOCK_DGRAM), ", no stream socket of TCP or Unix: Invalid argument"},
      {socket_of(AF_NETLINK, SOCK_RAW), ", no stream socket of TCP or Unix: Invalid argument"},
      {socket_of(AF_INET, SOCK_STREAM), ", which does not listen: Invalid argument"},
      {socket_of(AF_UNIX, SOCK_STREAM), ", which does not listen: Invalid argument"},
  };
  for (const auto& [descriptor, why] : table) {
    INFO(why);
    REQUIRE(descriptor >= 3);
    CHECK(failure(descriptor) == "cannot listen on fd:" + std::to_string(descriptor) + why);
    CHECK(::close(descriptor) == 0);  // it was still open
  }
}

}  // namespace
}  // namespace triloop
