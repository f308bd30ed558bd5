// src/demo/processors/proxy.h, in front of a TCP server that the test plays itself; and of a real
// Redis, if there is one.
#include "demo/processors/proxy.h"

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

#include "demo/processors/upstream.h"
#include "demo/processors/upstream_address.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"
#include "support/upstream.h"

namespace triloop {
namespace {

using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::demand;
using testing::quiet_options;
using testing::RunningServer;
using testing::Stream;
using testing::TestClient;
using testing::Upstream;

// Its kernel answers nobody as long as it does not accept().
struct FullUpstream : Upstream {
  FullUpstream() : Upstream(/*backlog=*/0), filler(port()) {}
  TestClient filler;
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

TEST_CASE("proxy: a peer that asks for a subprotocol gets it if it is offered, and bytes as ever",
          "[proxy]") {
  Upstream upstream;
  Options options = quiet_options();
  options.port = 0;
  Server server(options);
  server.handle("/ws", proxy(upstream.address()), {"mqtt", "binary"});
  Thread thread("accept", [&] { server.run(); });
  const struct Stop {
    Server& server;
    ~Stop() { server.stop(); }
  } stop{server};
  for (const std::string offer : {"binary", "base64, binary", "binary, mqtt"}) {
    TestClient client(server.port());
    const std::string head = client.request(
        testing::upgrade_request("/ws", "Sec-WebSocket-Protocol: " + offer + "\r\n"));
    const std::string chosen = offer == "binary, mqtt" ? "mqtt" : "binary";
    CHECK(head.find("Sec-WebSocket-Protocol: " + chosen + "\r\n") != std::string::npos);
    Stream stream = upstream.accept();
    client.send(client_frame(Opcode::binary, "up"));
    CHECK(stream.receive(2) == "up");
    stream.send("down");
    CHECK(next_bytes(client, 4) == "down");
  }
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
          "[proxy][observed]") {
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

// With a close timeout that is none of the test's business.
Options patient_options() {
  Options options = quiet_options();
  options.close_timeout = std::chrono::minutes(1);
  return options;
}

TEST_CASE("proxy: an answer that begins late after the peer's Close, or goes on for long, is whole",
          "[proxy]") {
  using std::chrono::milliseconds;
  Upstream upstream;
  UpstreamPatience patience;
  const bool late = GENERATE(true, false);
  if (!late) patience.to_answer = milliseconds(1500);
  RunningServer server(proxy(upstream.address(), patience), patient_options());
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_close(1000));
  CHECK(stream.receive(1).empty());
  const Latch never;
  if (late) never.wait_until(Clock::now() + milliseconds(2500));
  for (int i = 0; i < 5; ++i) {
    if (!late) never.wait_until(Clock::now() + milliseconds(500));
    stream.send("piece");
  }
  stream.end();
  CHECK(next_bytes(client, 25) == "piecepiecepiecepiecepiece");
  CHECK(next_close(client).close_code() == 1000);
}

TEST_CASE("proxy: what the peer takes in slowly is no silence of the upstream server", "[proxy]") {
  Upstream upstream;
  UpstreamPatience patience;
  patience.to_answer = std::chrono::milliseconds(1000);
  Options options = patient_options();
  options.queue_messages = 1;
  RunningServer server(proxy(upstream.address(), patience), options);
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  const std::string answer(20'000'000, 'x');
  testing::Worker answers([&] {
    stream.send(answer);
    stream.end();
  });
  await("the peer to be behind", [&] {
    return server.server().snapshot().connections.at(0).out_queue.waiting_for_room > 0;
  });
  client.send(client_close(1000));
  Latch().wait_until(Clock::now() + 2 * patience.to_answer);
  CHECK((next_bytes(client, answer.size()) == answer));
  CHECK(next_close(client).close_code() == 1000);
  answers.await_done();
}

// All frames up to the end of the stream.
struct Received {
  std::string bytes;
  int code = 1006;
};
Received all_of(TestClient& client) {
  Received received;
  while (const auto frame = client.next_frame()) {
    if (frame->is(Opcode::binary)) received.bytes += frame->payload;
    if (!frame->is(Opcode::close)) continue;
    received.code = frame->close_code();
    break;
  }
  return received;
}

TEST_CASE(
    "proxy: an upstream server that does not end after the peer's Close is left, and 1006 says "
    "that there may be more",
    "[proxy]") {
  Upstream upstream;
  UpstreamPatience patience;
  patience.to_answer = std::chrono::milliseconds(200);
  RunningServer server(proxy(upstream.address(), patience), patient_options());
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_close(1000));
  CHECK(stream.receive(1).empty());
  stream.send("the beginning");
  const Received received = all_of(client);
  CHECK(received.bytes == "the beginning");
  CHECK(received.code == 1006);
  CHECK(stream.receive(1).empty());
}

TEST_CASE("proxy: an answer that breaks off after the peer's Close is 1006, behind what had come",
          "[proxy]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()), patient_options());
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_close(1000));
  CHECK(stream.receive(1).empty());
  stream.send("the beginning");
  CHECK(next_bytes(client, 13) == "the beginning");
  stream.reset();
  CHECK(all_of(client).code == 1006);
}

TEST_CASE("proxy: what waits for the peer when something is lost is sent before the end says so",
          "[proxy]") {
  Upstream upstream;
  UpstreamPatience patience;
  patience.to_answer = std::chrono::milliseconds(200);
  RunningServer server(proxy(upstream.address(), patience), patient_options());
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  Stream stream = upstream.accept();
  const std::string beginning(7'000'000,
                              'x');  // more than the kernel takes, and all in the out-queue
  stream.send(beginning);
  await("all to be there", [&] {
    const auto now = server.server().snapshot().connections.at(0);
    return now.out_queue.bytes > 0 && now.out_queue.waiting_for_room == 0;
  });
  client.send(client_close(1000));
  CHECK(stream.receive(1).empty());
  Latch().wait_until(Clock::now() + 3 * patience.to_answer);
  const Received received = all_of(client);
  CHECK((received.bytes == beginning));
  CHECK(received.code == 1006);
}

TEST_CASE("proxy: what goes up to an upstream server that is done, and is lost, is no clean end",
          "[proxy][observed]") {
  Upstream upstream;
  RunningServer server(proxy(upstream.address()), patient_options());
  TestClient client(server.port());
  client.open();
  Stream stream = upstream.accept();
  client.send(client_frame(Opcode::binary, std::string(10'000'000, 'x')));
  await("the processor to have it", [&] {
    return server.server().snapshot().connections.back().processor.doing == Doing::working;
  });
  await_standstill();
  stream.send("enough");
  stream.end();
  await("the end to be seen",
        [&] { return server.server().snapshot().connections.back().closing.has_value(); });
  stream.reset();  // with most of it unread
  const Received received = all_of(client);
  CHECK(received.bytes == "enough");
  CHECK(received.code == 1006);
}

TEST_CASE("proxy: what a peer sent before its Close and no upstream server took is no clean end",
          "[proxy]") {
  FullUpstream upstream;
  UpstreamPatience patience;
  patience.to_connect = std::chrono::milliseconds(300);
  RunningServer server(proxy(upstream.address(), patience), patient_options());
  const bool said_something = GENERATE(true, false);
  TestClient client(server.port());
  client.open();
  client.send((said_something ? client_frame(Opcode::text, "last words") : "") +
              client_close(1000));
  CHECK(all_of(client).code == (said_something ? 1006 : 1000));
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
  const Latch never;
  std::error_code error;
  const TimePoint deadline = Clock::now() + patience;
  const UpstreamSocket connected = connect_to_first(addresses, deadline, never, error);
  CHECK(static_cast<bool>(connected) != static_cast<bool>(error));
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  ::getpeername(connected.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size);
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
  const Latch never;
  std::error_code error;
  const TimePoint deadline = Clock::now() + testing::kFailSafe;
  CHECK_FALSE(connect_to_first({nobody, nobody}, deadline, never, error));
  CHECK(error == std::errc::connection_refused);
  CHECK_FALSE(connect_to_first({address_of(good)}, kNow, never, error));
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
          "[proxy][observed]") {
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
