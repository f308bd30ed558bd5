// How connections end over real sockets, what the log says of it, and what is left: nothing.
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::await_blocked;
using testing::client_close;
using testing::client_frame;
using testing::LogCapture;
using testing::plain_echo;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

TEST_CASE("the log says who closed first, with code and reason", "[endings][plain]") {
  const LogCapture log;
  RunningServer server([](Connection& connection) {
    const auto message = connection.read();
    if (message && message->data == "throw") throw std::runtime_error("my fault\x1b[2J");
    if (message && message->data == "close") connection.close(4000, "mine");
    if (message && message->data == "abort") connection.abort("enough");
  });
  const auto one = [&](const std::string& bytes) {
    TestClient client(server.port());
    client.open();
    client.send(bytes);
    const auto frames = client.frames_to_end();
    return frames.empty() ? std::uint16_t{0} : frames.back().close_code();
  };
  CHECK(one(client_close(1000, "b\x1bye")) == 1000);
  log.await("[1] closed by peer, 1000 \"b\\x1bye\"\n");
  CHECK(one(client_frame(Opcode::text, "return")) == 1000);
  log.await("[2] closed by processor, 1000");
  CHECK(one(client_frame(Opcode::text, "throw")) == 1011);
  log.await("[3] the processor threw: my fault\\x1b[2J");
  log.await("[3] closed by processor, 1011");
  CHECK(one(client_frame(Opcode::text, "close")) == 4000);
  log.await("[4] closed by application, 4000 \"mine\"");
  CHECK(one(client_frame(Opcode::text, "abort")) == 0);
  log.await("[5] closed by application, 1006 \"enough\"\n");
  CHECK(one(client_frame(3, "violation")) == 1002);
  log.await("[6] closed by peer, 1002");
  TestClient(server.port()).open();
  log.await("[7] closed by network, 1006 \"the stream ended without a Close frame\"");
}

TEST_CASE("10 000 messages and a Close at once: 10 000 echoes, then the Close", "[endings]") {
  RunningServer server;
  TestClient client(server.port());
  client.open();
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += client_frame(Opcode::text, std::to_string(i));
  testing::Worker sender([&] {
    client.send(bytes + client_close(1000, "bye"));
    client.shutdown_send();
  });
  const auto frames = client.frames_to_end();
  REQUIRE(frames.size() == 10'001);
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(frames[static_cast<std::size_t>(i)].payload == std::to_string(i));
  }
  CHECK(frames.back().close_code() == 1000);
  CHECK(frames.back().close_reason() == "bye");
}

TEST_CASE("a peer that breaks the protocol in the middle of a flood still gets its code",
          "[endings]") {
  RunningServer server;
  TestClient client(server.port());
  client.open();
  const std::string flood(200'000, '\xff');
  testing::Worker sender([&] {
    client.send(client_frame(Opcode::text, "good") + client_frame(3, "bad") + flood);
    client.shutdown_send();
  });
  const auto frames = client.frames_to_end();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].payload == "good");
  CHECK(frames[1].close_code() == 1002);
}

TEST_CASE("a message above the limit is 1009", "[endings]") {
  Options options = quiet_options();
  options.max_message_bytes = 1000;
  RunningServer server(plain_echo, options);
  TestClient client(server.port());
  client.open();
  client.send(client_frame(Opcode::binary, std::string(1001, 'x')));
  client.shutdown_send();
  CHECK(client.frames_to_end().back().close_code() == 1009);
}

TEST_CASE("one connection that throws or hangs disturbs no other", "[endings]") {
  Latch let_go;
  RunningServer server([&](Connection& connection) {
    const auto message = connection.read();
    if (message->data == "throw") throw 1;
    if (message->data == "hang") let_go.wait();
    if (message->data == "echo") connection.write(*message);
  });
  TestClient hangs(server.port()), throws(server.port()), echoes(server.port());
  hangs.open();
  throws.open();
  echoes.open();
  hangs.send_text("hang");
  throws.send_text("throw");
  CHECK(throws.frames_to_end().back().close_code() == 1011);
  echoes.send_text("echo");
  CHECK(echoes.next_text() == "echo");
  let_go.fire({});
}

TEST_CASE("server stop: every open connection gets what is queued, then 1001", "[endings]") {
  Latch let_go;
  RunningServer server([&](Connection& connection) {
    let_go.wait();
    plain_echo(connection);
  });
  TestClient client(server.port());
  client.open();
  client.send(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2"));
  await_blocked("proc-1");
  await_blocked("read-1");  // both are queued
  server.server().stop();
  testing::Worker releases([&] {
    await_blocked("accept");
    let_go.fire({});
  });
  CHECK(client.next_text() == "1");
  CHECK(client.next_text() == "2");
  const auto last = client.next_frame();
  REQUIRE(last);
  CHECK(last->close_code() == 1001);
  client.send(client_close(1001));
  client.shutdown_send();
  CHECK(server.stop().empty());
}

TEST_CASE("server stop: a half-sent request ends at once", "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = testing::kFailSafe;
  options.handshake_timeout = testing::kFailSafe;
  RunningServer server(plain_echo, options);
  TestClient client(server.port());
  client.send("GET /ws HTTP/1.1\r\n");
  await_blocked("read-1");
  const TimePoint start = Clock::now();
  CHECK(server.stop().empty());
  CHECK(Clock::now() - start < testing::kFailSafe / 2);
  CHECK(client.bytes_to_end().empty());
}

TEST_CASE("server stop: whoever is not done after the drain timeout is aborted", "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = milliseconds(50);
  RunningServer server([](Connection& connection) { connection.over().wait(); }, options);
  TestClient client(server.port());
  client.open();
  CHECK(server.stop().empty());
}

TEST_CASE("server stop: a peer that reads nothing is aborted after the drain timeout",
          "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = milliseconds(50);
  RunningServer server(
      [](Connection& connection) {
        while (connection.write(Message::binary(std::string(1 << 20, 'x')))) {
        }
      },
      options);
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  await_blocked("write-1");
  CHECK(server.stop().empty());
}

TEST_CASE("server stop: a processor that does not return is named", "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = milliseconds(10);
  Latch let_go;
  RunningServer server([&](Connection&) { let_go.wait(); }, options);
  TestClient client(server.port());
  client.open();
  CHECK(server.stop() == std::vector<std::uint64_t>{1});
  let_go.fire({});
}

TEST_CASE("server stop: a page that does not return is named", "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = milliseconds(10);
  Latch let_go;
  Server server(options);
  server.page("/slow", [&](const Request&) {
    let_go.wait();
    return Response();
  });
  std::vector<std::uint64_t> stuck;
  Thread thread("accept", [&] { stuck = server.run(); });
  TestClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await_blocked("read-1");
  server.stop();
  thread.join();
  CHECK(stuck == std::vector<std::uint64_t>{1});
  let_go.fire({});
}

TEST_CASE("server stop: a second call aborts at once", "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = testing::kFailSafe;
  RunningServer server([](Connection& connection) { connection.over().wait(); }, options);
  TestClient client(server.port());
  client.open();
  const TimePoint start = Clock::now();
  server.server().stop();
  CHECK(server.stop().empty());
  CHECK(Clock::now() - start < testing::kFailSafe / 2);
}

TEST_CASE("server stop: a third call does not cut the second of the aborted ones short",
          "[endings]") {
  Options options = quiet_options();
  options.drain_timeout = testing::kFailSafe;
  Latch let_go;
  RunningServer server(
      [&](Connection& connection) {
        while (connection.read()) {
        }
        let_go.wait();  // it needs some time to return
      },
      options);
  TestClient client(server.port());
  client.open();
  server.server().stop();
  server.server().stop();
  await_blocked("proc-1");
  server.server().stop();
  testing::await_standstill();  // run() has taken it
  let_go.fire({});
  CHECK(server.stop().empty());
}

TEST_CASE("server stop: from a processor", "[endings]") {
  Server* self = nullptr;
  RunningServer server([&](Connection& connection) {
    connection.read();
    self->stop();
  });
  self = &server.server();
  TestClient client(server.port());
  client.open();
  client.send_text("go");
  CHECK(client.frames_to_end().back().is(Opcode::close));
}

TEST_CASE("server stop: before run it makes run return at once", "[endings]") {
  Server server(quiet_options());
  server.stop();
  CHECK(server.run().empty());
}

TEST_CASE("server stop: nobody can connect after it", "[endings]") {
  RunningServer server;
  const std::uint16_t port = server.port();
  server.stop();
  CHECK_THROWS(TestClient(port));
}

// One connection, ended in one of the ways that there are.
void open_and_end(std::uint16_t port, int way) {
  TestClient client(port);
  switch (way) {
    case 0:
      client.open();
      client.send(client_close(1000));
      client.frames_to_end();
      break;
    case 1:
      client.open();  // then TCP ends without a Close
      break;
    case 2:
      client.open();
      client.reset();
      break;
    case 3:
      client.open();
      client.send_text("return");
      client.frames_to_end();
      break;
    case 4:
      client.open();
      client.send_text("throw");
      client.frames_to_end();
      break;
    case 5:
      client.open();
      client.send_text("abort");
      client.frames_to_end();
      break;
    case 6:
      client.open();
      client.send(client_frame(3, "violation"));
      client.frames_to_end();
      break;
    case 7:
      client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      break;
    case 8:
      client.send("GET /ws HT");  // and no more
      break;
    case 9:
      client.request("nonsense\r\n\r\n");
      break;
    default:
      throw std::logic_error("no such way");
  }
}

TEST_CASE("500 connections ended in every manner leave no thread and no descriptor",
          "[endings][leak]") {
  constexpr int kWays = 10, kConnections = 500;
  RunningServer server([](Connection& connection) {
    for (const Message& message : connection) {
      if (message.data == "return") return;
      if (message.data == "throw") throw std::runtime_error("asked to");
      if (message.data == "abort") connection.abort();
    }
  });
  const std::size_t threads = testing::thread_count();
  const std::size_t descriptors = testing::descriptor_count();
  for (int i = 0; i < kConnections; ++i) open_and_end(server.port(), i % kWays);
  await("the threads to be gone", [&] { return testing::thread_count() == threads; });
  await("the descriptors to be closed", [&] { return testing::descriptor_count() == descriptors; });
}

}  // namespace
}  // namespace triloop
