// src/processors/proxy.h, in front of a TCP server that the test plays itself; and of a real Redis,
// if there is one.
#include "processors/proxy.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "processors/upstream.h"
#include "processors/upstream_address.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

void demand(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

// One TCP connection of the upstream server's side.
class Stream {
 public:
  explicit Stream(int descriptor) : descriptor_(descriptor) {
    const timeval fail_safe{30, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &fail_safe, sizeof fail_safe);
  }
  Stream(Stream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Stream() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void send(const std::string& bytes) {
    demand(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size()),
           "send");
  }
  std::size_t try_send(const std::string& bytes) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  // As many bytes, or fewer at the end of the stream.
  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t received = ::recv(descriptor_, bytes.data(), size, MSG_WAITALL);
    demand(received >= 0, "recv");
    bytes.resize(static_cast<std::size_t>(received));
    return bytes;
  }
  void end() { ::shutdown(descriptor_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

// Listens on a free port of 127.0.0.1, with small buffers.
class Upstream {
 public:
  explicit Upstream(int backlog = 8)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4096;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    demand(::bind(descriptor_, any, size) == 0 && ::listen(descriptor_, backlog) == 0, "listen");
    ::getsockname(descriptor_, any, &size);
    port_ = ntohs(address.sin_port);
  }
  ~Upstream() { ::close(descriptor_); }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  Stream accept() { return Stream(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

// This process's own descriptor of the connection to that port.
int connected_to(std::uint16_t port) {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      return descriptor;
  }
  throw std::runtime_error("no such connection");
}

// Does this process wait for an answer to a connect to that port? /proc/net/tcp: SYN_SENT is 02.
bool half_open_to(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  const std::string wanted = fmt::format("0100007F:{:04X} 02", port);
  for (std::string line; std::getline(table, line);) {
    if (line.find(wanted) != std::string::npos) return true;
  }
  return false;
}

// What comes down, until there is as much as that.
std::string next_bytes(TestClient& client, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const auto frame = client.next_frame();
    if (!frame || !frame->is(Opcode::binary)) throw std::runtime_error("no binary frame");
    bytes += frame->payload;
  }
  return bytes;
}

// The Close frame, before which nothing else comes.
testing::ServerFrame next_close(TestClient& client) {
  auto frame = client.next_frame();
  if (!frame || !frame->is(Opcode::close)) throw std::runtime_error("no Close frame");
  return *frame;
}

TEST_CASE("proxy: passes bytes both ways, text or binary, as they are", "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_frame(Opcode::text, "up ") + client_frame(Opcode::binary, {"\0\xff", 2}));
  CHECK(stream.receive(5) == std::string("up \0\xff", 5));
  stream.send(std::string("down \0\xff", 7));
  CHECK(next_bytes(client, 7) == std::string("down \0\xff", 7));
}

TEST_CASE("proxy: each connection has an upstream connection of its own", "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient one(server.port()), two(server.port());
  one.open();
  Stream first = upstream.accept();
  two.open();
  Stream second = upstream.accept();
  second.send("two");
  first.send("one");
  CHECK(next_bytes(one, 3) == "one");
  CHECK(next_bytes(two, 3) == "two");
}

TEST_CASE("proxy: an upstream server that does not read makes the peer wait, and loses nothing",
          "[proxy]") {
  Upstream upstream;
  Options options = quiet_options();
  options.queue_messages = 2;
  RunningServer server(proxy(upstream.address()), options);
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  const std::string message = client_frame(Opcode::binary, std::string(100'000, 'x'));
  std::string unsent;
  std::size_t messages = 0;
  do {  // until TCP pushes back for longer than the processor takes to look at its latch
    if (unsent.empty()) {
      unsent = message;
      ++messages;
    }
    unsent.erase(0, client.try_send(unsent));
    if (!unsent.empty()) await_standstill();
    unsent.erase(0, client.try_send(unsent));
  } while (unsent.empty());
  const auto one = server.server().snapshot().connections.at(0);
  CHECK(one.in_queue.items <= 2);
  CHECK(one.reader.doing == Doing::waiting_for_room);
  testing::Worker sender([&] { client.send(unsent); });
  CHECK(stream.receive(messages * 100'000) == std::string(messages * 100'000, 'x'));
  sender.await_done();
}

TEST_CASE("proxy: a peer that does not read makes the upstream server wait, and loses nothing",
          "[proxy]") {
  Upstream upstream;
  Options options = quiet_options();
  options.queue_messages = 2;
  RunningServer server(proxy(upstream.address()), options);
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  Stream stream = upstream.accept();
  const std::string piece(100'000, 'x');
  std::size_t sent = 0;
  for (std::size_t now = 1; now > 0; sent += now) {
    now = stream.try_send(piece);
    if (now > 0) continue;
    await_standstill();
    now = stream.try_send(piece);
  }
  CHECK(server.server().snapshot().connections.at(0).out_queue.items <= 2);
  stream.end();
  CHECK(next_bytes(client, sent) == std::string(sent, 'x'));
  CHECK(next_close(client).close_code() == 1000);
}

TEST_CASE("proxy: the peer's Close ends the way up, and what still comes down is delivered",
          "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_frame(Opcode::text, "last words") + client_close(1000, "bye"));
  CHECK(stream.receive(100) == "last words");  // and then the end of the stream
  await_standstill();                          // who would give up by now has done so
  stream.send("an answer");
  stream.end();
  CHECK(next_bytes(client, 9) == "an answer");
  CHECK(next_close(client).close_code() == 1000);
}

TEST_CASE(
    "proxy: an upstream server that says nothing more after the peer's Close is not waited "
    "for longer than the close timeout",
    "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_close(1000));
  CHECK(next_close(client).close_code() == 1000);
  CHECK(stream.receive(1).empty());
}

TEST_CASE("proxy: when the upstream server ends, the peer gets all of it, then 1000", "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  {
    Stream stream = upstream.accept();
    stream.send("all of it");
  }
  CHECK(next_bytes(client, 9) == "all of it");
  const auto close = next_close(client);
  CHECK(close.close_code() == 1000);
  CHECK(close.close_reason() == "the upstream server is done");
  client.send(client_close(1000));
}

TEST_CASE("proxy: an upstream server that is lost is 1011", "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  {
    Stream stream = upstream.accept();
    client.send(client_frame(Opcode::text, "x"));
    CHECK(stream.receive(1) == "x");  // so the proxy, too, knows that it is connected
    stream.reset();
  }
  const auto close = next_close(client);
  CHECK(close.close_code() == 1011);
  CHECK(close.close_reason() == "the upstream server was lost");
  client.send(client_close(1011));
}

TEST_CASE("proxy: an upstream host that vanishes is found within half a minute, also an idle one",
          "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  stream.send("x");
  CHECK(next_bytes(client, 1) == "x");  // so the options are set
  const int proxys = connected_to(upstream.port());
  const auto option = [proxys](int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    demand(::getsockopt(proxys, level, name, &value, &size) == 0, "getsockopt");
    return value;
  };
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) +
            option(IPPROTO_TCP, TCP_KEEPINTVL) * option(IPPROTO_TCP, TCP_KEEPCNT) ==
        30);
  CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
}

TEST_CASE("proxy: an upstream server that refuses, or has no address, is 1013", "[proxy]") {
  const testing::LogCapture log;
  std::string nobody;
  {
    const Upstream upstream;
    nobody = upstream.address();
  }
  for (const std::string& address : {nobody, std::string("no-such-host.invalid:1")}) {
    RunningServer server(proxy(address));
    TestClient client(server.port());
    client.open();
    const auto close = next_close(client);
    CHECK(close.close_code() == 1013);
    CHECK(close.close_reason() == "the upstream server does not answer");
    client.send(client_close(1013));
  }
  log.await("[1] no upstream server: Connection refused");
}

// Its kernel answers nobody as long as it does not accept().
struct FullUpstream : Upstream {
  FullUpstream() : Upstream(/*backlog=*/0), filler(port()) {}
  TestClient filler;
};

HostAddress address_of(const Upstream& upstream) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(upstream.port());
  HostAddress host;
  std::memcpy(&host.bytes, &address, sizeof address);
  host.size = sizeof address;
  return host;
}

// The port that was connected to, and then the connection is gone; 0 if none was. No time is short.
int port_of_first(const std::vector<HostAddress>& addresses,
                  std::chrono::seconds patience = testing::kFailSafe) {
  const CloseLatch never;
  std::error_code error;
  const TimePoint deadline = Clock::now() + patience;
  const Descriptor connected = connect_to_first(addresses, deadline, never, error);
  CHECK((connected.number() < 0) == static_cast<bool>(error));
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  ::getpeername(connected.number(), reinterpret_cast<sockaddr*>(&peer), &size);
  CHECK(Clock::now() < deadline);
  return ntohs(peer.sin_port);
}

TEST_CASE("proxy: a silent address does not keep the next one from being tried", "[proxy]") {
  const FullUpstream silent, silent_too;
  const Upstream good;
  CHECK(port_of_first({address_of(silent), address_of(silent_too), address_of(good)}) ==
        good.port());
  CHECK(port_of_first({address_of(good), address_of(silent)}) == good.port());
}

TEST_CASE("proxy: of several addresses the first that answers is taken", "[proxy]") {
  FullUpstream first;
  const FullUpstream second;
  std::atomic<int> taken{0};
  testing::Worker connects([&] { taken = port_of_first({address_of(first), address_of(second)}); });
  await("both to be tried",
        [&] { return half_open_to(first.port()) && half_open_to(second.port()); });
  first.accept();  // the one that filled it
  connects.await_done();
  CHECK(taken == first.port());
}

TEST_CASE("proxy: an address that refuses is passed over, and the last one's error is told",
          "[proxy]") {
  HostAddress nobody;
  {
    const Upstream gone;
    nobody = address_of(gone);
  }
  const Upstream good;
  CHECK(port_of_first({nobody, nobody, address_of(good)}) == good.port());
  const CloseLatch never;
  std::error_code error;
  const TimePoint deadline = Clock::now() + testing::kFailSafe;
  CHECK(connect_to_first({nobody, nobody}, deadline, never, error).number() < 0);
  CHECK(error == std::errc::connection_refused);
  CHECK(connect_to_first({address_of(good)}, kNow, never, error).number() < 0);
  CHECK(error == std::errc::timed_out);
}

TEST_CASE("proxy: a server that stops does not wait for an upstream server that does not answer",
          "[proxy]") {
  const FullUpstream upstream;
  Options options = quiet_options();
  const bool second_signal = GENERATE(false, true);
  if (!second_signal) options.drain_timeout = std::chrono::milliseconds(1);
  RunningServer server(proxy(upstream.address()), options);
  TestClient client(server.port());
  client.open();
  testing::await_blocked("proc-1");  // in connect_to(), for 5 s
  if (second_signal) server.server().stop();
  CHECK(server.stop().empty());
}

TEST_CASE("proxy: a second stop does not wait for what the upstream server may still say",
          "[proxy]") {
  Options options = quiet_options();
  options.drain_timeout = testing::kFailSafe;
  Upstream upstream;
  RunningServer server(proxy(upstream.address()), options);
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  server.server().stop();
  CHECK(stream.receive(1).empty());  // the way up has ended
  await_standstill();                // and the way down has its 2 s
  CHECK(server.stop().empty());
}

TEST_CASE("proxy: what a peer sent before its Close still reaches an upstream server that was busy",
          "[proxy]") {
  FullUpstream upstream;
  RunningServer server(proxy(upstream.address()));
  TestClient client(server.port());
  client.open();
  client.send(client_frame(Opcode::text, "last words") + client_close(1000, "bye"));
  await("the ending to begin",
        [&] { return server.server().snapshot().connections.at(0).closing.has_value(); });
  testing::await_blocked("proc-1");
  upstream.accept();  // the one that filled it
  CHECK(upstream.accept().receive(100) == "last words");
}

TEST_CASE("proxy: when the connection breaks, so does the one upstream, even a stuck one",
          "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()));
  const std::size_t threads = testing::thread_count();
  for (const bool stuck : {false, true}) {
    TestClient client(server.port());
    client.open();
    Stream stream = upstream.accept();
    if (stuck) {  // with more in its hand than the kernel takes
      client.send(client_frame(Opcode::binary, std::string(10'000'000, 'x')));
      await("the processor to have it", [&] {
        return server.server().snapshot().connections.back().processor.doing == Doing::working;
      });
      await_standstill();
    }
    client.reset();
    await("the threads to be joined", [&] { return testing::thread_count() == threads; });
  }
}

TEST_CASE("proxy: an address is a host and a port", "[proxy]") {
  for (const char* wrong :
       {"",      "host",    ":1",       "host:",    ":",     "h:0",    "h:65536",
        "h:-1",  "h:1e3",   "h:+1",     "h:1 ",     "h: 1",  "h:0x50", "h:4294967376",
        "h:a_b", "x y:1",   " h:1",     "h\n:1",    "[::1",  "[::1:1", "::1]:1",
        "[]:1",  "[[a]]:1", "[::1]1:1", "[::1 ]:1", "::1:1", "::1",    "[::1]"}) {
    INFO(wrong);
    CHECK_THROWS_AS(proxy(wrong), std::invalid_argument);
  }
  const auto same = [](const char* text, const char* host, const char* port) {
    const UpstreamAddress address = parse_upstream(text);
    return address.host == host && address.port == port;
  };
  CHECK(same("[::1]:80", "::1", "80"));
  CHECK(same("127.0.0.1:65535", "127.0.0.1", "65535"));
  CHECK(same("[fe80::1%eth0]:1", "fe80::1%eth0", "1"));
  CHECK(same("my_host.example.:iso-tsap", "my_host.example.", "iso-tsap"));
}

}  // namespace
}  // namespace triloop
