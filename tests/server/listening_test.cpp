// Where the server listens: several addresses, one port.
#include <netinet/in.h>
#include <sys/socket.h>

#include <deque>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "server/listener.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using testing::LogCapture;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

Options options_at(std::vector<std::string> bind, std::uint16_t port = 0) {
  Options options = quiet_options();
  options.bind = std::move(bind);
  options.port = port;
  return options;
}

std::string echo_at(const std::string& address, std::uint16_t port) {
  TestClient client(address, port);
  client.open();
  client.send_text(address);
  return client.next_text();
}

bool nobody_listens_at(const std::string& address, std::uint16_t port) {
  try {
    const TestClient client(address, port);
    return false;
  } catch (const std::system_error& error) {
    return error.code() == std::errc::connection_refused;
  }
}

// Why a server cannot listen there; "" if it can.
std::string failure(const Options& options) {
  try {
    const Server server(options);
    return "";
  } catch (const std::system_error& error) {
    return error.what();
  }
}

bool has_ipv6() {
  const Descriptor descriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return ::bind(descriptor.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

// False, and says so, on a machine where the test has nothing to show.
bool needs_ipv6() {
  if (has_ipv6()) return true;
  WARN("::1 cannot be bound on this machine: not tested");
  return false;
}

std::string url(const std::string& address, std::uint16_t port) {
  return "http://" + address + ":" + std::to_string(port) + "/";
}

TEST_CASE("port 0 is one free port at each address, and each serves", "[server][plain]") {
  RunningServer server(testing::plain_echo, options_at({"127.0.0.1", "127.0.0.2"}));
  const std::uint16_t port = server.port();
  CHECK(server.server().urls() == std::vector{url("127.0.0.1", port), url("127.0.0.2", port)});
  CHECK(server.server().url() == url("127.0.0.1", port));
  CHECK(echo_at("127.0.0.1", port) == "127.0.0.1");
  CHECK(echo_at("127.0.0.2", port) == "127.0.0.2");
  CHECK(nobody_listens_at("127.0.0.3", port));
}

TEST_CASE("a stop ends the listening at each address", "[server]") {
  RunningServer server(testing::plain_echo, options_at({"127.0.0.1", "127.0.0.2"}));
  CHECK(echo_at("127.0.0.2", server.port()) == "127.0.0.2");
  server.stop();
  CHECK(nobody_listens_at("127.0.0.1", server.port()));
  CHECK(nobody_listens_at("127.0.0.2", server.port()));
}

TEST_CASE("port 0 finds a port that is free at all addresses", "[server]") {
  // With 500 of some 28 000 taken, 300 servers that did not try again would meet one of them.
  std::deque<Listener> elsewhere;
  for (int i = 0; i < 500; ++i) {
    elsewhere.emplace_back(options_at({"127.0.0.2"}));
  }
  for (int i = 0; i < 300; ++i) {
    REQUIRE(failure(options_at({"127.0.0.1", "127.0.0.2"})).empty());
  }
}

TEST_CASE("localhost is both families", "[server][plain]") {
  if (!needs_ipv6()) return;
  RunningServer server(testing::plain_echo, options_at({"localhost"}));
  CHECK(echo_at("127.0.0.1", server.port()) == "127.0.0.1");
  CHECK(echo_at("::1", server.port()) == "::1");
  CHECK(server.server().urls() ==
        std::vector{url("127.0.0.1", server.port()), url("[::1]", server.port())});
}

TEST_CASE("an address that is named twice is listened on once", "[server]") {
  const Server server(options_at({"localhost", "127.0.0.1", "127.0.0.1"}));
  CHECK(server.urls().size() == (has_ipv6() ? 2 : 1));
}

TEST_CASE("both wildcards can be listed, and that of IPv6 alone takes IPv4, too", "[server]") {
  if (!needs_ipv6()) return;
  for (const auto& bind : std::vector<std::vector<std::string>>{
           {"0.0.0.0", "::"}, {"::", "0.0.0.0"}, {"::", "127.0.0.1"}, {"::"}}) {
    RunningServer server(testing::plain_echo, options_at(bind));
    CHECK(server.server().urls().size() == bind.size());
    CHECK(echo_at("127.0.0.1", server.port()) == "127.0.0.1");
    CHECK(echo_at("::1", server.port()) == "::1");
  }
}

TEST_CASE("one address that cannot be had is an error that names it, and nothing stays bound",
          "[server]") {
  const Server taken(options_at({"127.0.0.2"}));
  const std::uint16_t port = taken.port();
  CHECK(failure(options_at({"127.0.0.1", "127.0.0.2"}, port))
            .find("cannot listen on 127.0.0.2 port " + std::to_string(port)) == 0);
  CHECK(nobody_listens_at("127.0.0.1", port));
  // 192.0.2.0/24 is nobody's (RFC 5737).
  CHECK(failure(options_at({"127.0.0.1", "192.0.2.1"}, port))
            .find("cannot listen on 192.0.2.1 port " + std::to_string(port)) == 0);
  CHECK(nobody_listens_at("127.0.0.1", port));
}

TEST_CASE("an address of a name that is taken is an error that names both", "[server]") {
  if (!needs_ipv6()) return;
  const Server taken(options_at({"::1"}));
  const std::string port = std::to_string(taken.port());
  CHECK(failure(options_at({"localhost"}, taken.port()))
            .find("cannot listen on localhost (::1) port " + port) == 0);
}

TEST_CASE("addresses take turns: a crowd at one keeps nobody out at the other", "[server][plain]") {
  Listener listener(options_at({"127.0.0.1", "127.0.0.2"}));
  std::deque<TestClient> crowd;
  for (int i = 0; i < 3; ++i) crowd.emplace_back("127.0.0.1", listener.port()).send("c");
  TestClient other("127.0.0.2", listener.port());
  other.send("o");
  std::string accepted;
  for (std::error_code error; const auto socket = listener.accept(error).socket;) {
    char said = 0;
    REQUIRE(socket->receive(&said, 1, kNever, error) == 1);
    accepted += said;
  }
  CHECK(accepted == "cocc");
}

Options options_listening(std::vector<std::string> listen) {
  Options options = options_at({"no.host.at.all"});  // not looked at
  options.listen = std::move(listen);
  return options;
}

TEST_CASE("of listen each entry has its own port, and bind and port do not count",
          "[server][plain]") {
  RunningServer server(testing::plain_echo, options_listening({"tcp:127.0.0.1:0", "tcp:127.0.0.1:0",
                                                               "tcp:127.0.0.2:0"}));
  const std::vector<std::string> urls = server.server().urls();
  REQUIRE(urls.size() == 3);
  CHECK(urls[0] == url("127.0.0.1", server.port()));
  std::set<int> ports;
  for (const std::string& each : urls) ports.insert(std::stoi(each.substr(each.rfind(':') + 1)));
  CHECK(ports.size() == 3);
  for (const int port : ports) {
    const bool second = urls[2] == url("127.0.0.2", static_cast<std::uint16_t>(port));
    CHECK(echo_at(second ? "127.0.0.2" : "127.0.0.1", static_cast<std::uint16_t>(port)) ==
          (second ? "127.0.0.2" : "127.0.0.1"));
  }
}

TEST_CASE("an entry of a name is all of its addresses at one port", "[server][plain]") {
  if (!needs_ipv6()) return;
  RunningServer server(testing::plain_echo, options_listening({"tcp:localhost:0"}));
  CHECK(echo_at("127.0.0.1", server.port()) == "127.0.0.1");
  CHECK(echo_at("::1", server.port()) == "::1");
}

TEST_CASE("both wildcards can be entries with one port, and each has its family",
          "[server][plain]") {
  if (!needs_ipv6()) return;
  std::string port;
  {
    const Server free(options_at({"::"}));
    port = std::to_string(free.port());
  }
  for (const auto& entries :
       std::vector<std::vector<std::string>>{{"tcp:0.0.0.0:" + port, "tcp:[::]:" + port},
                                             {"tcp:[::]:" + port, "tcp:0.0.0.0:" + port}}) {
    RunningServer server(testing::plain_echo, options_listening(entries));
    CHECK(echo_at("127.0.0.1", server.port()) == "127.0.0.1");
    CHECK(echo_at("::1", server.port()) == "::1");
  }
}

}  // namespace
}  // namespace triloop
