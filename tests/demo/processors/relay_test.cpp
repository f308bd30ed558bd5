// src/demo/processors/relay.h, between a peer and a WebSocket server that are both the test's.
#include "demo/processors/relay.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/patient_client.h"
#include "client/patient_server.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/scripted_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::Listening;
using testing::patient_client;
using testing::patient_server;
using testing::RunningServer;
using testing::ScriptedServer;
using testing::TestClient;
using testing::url_of;

testing::ServerFrame next_frame(TestClient& client) {
  auto frame = client.next_frame();
  if (!frame) throw std::runtime_error("the stream has ended");
  return *frame;
}

// A peer whose relay waits for an upstream server that the test plays.
struct Scripted {
  Scripted() { client.open(); }
  Listening listening;
  RunningServer server{relay(listening.url(), patient_client()), patient_server()};
  TestClient client{server.port()};
};

// What came before the Close frame; and its code, 1006 if there is none.
struct Received {
  std::vector<std::string> messages;
  int code = 1006;
  std::string reason;
};
Received all_of(TestClient& client) {
  Received received;
  for (const testing::ServerFrame& frame : client.frames_to_end()) {
    if (frame.is(Opcode::close)) {
      received.code = frame.close_code();
      received.reason = frame.close_reason();
    } else {
      received.messages.push_back(frame.payload);
    }
  }
  return received;
}

// What an upstream server has heard, and how that ended; to be looked at when it has stopped.
struct Heard {
  Latch first, over;  // fired when there is one, and when it has ended
  std::vector<std::string> messages;
  std::optional<CloseReason> end;
};
Processor listen_to(Heard& heard) {
  return [&heard](Connection& connection) {
    for (const Message& message : connection) {
      heard.messages.push_back(message.data);
      heard.first.fire({});
    }
    heard.end = connection.ending().reason();
    heard.over.fire({});
  };
}

TEST_CASE("relay: messages pass both ways, each as what it was, text or binary", "[relay]") {
  const RunningServer upstream(testing::plain_echo, patient_server());
  const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
  TestClient client(server.port());
  client.open();
  const std::vector<std::string> sent = {"", "hello", std::string(300'000, 'x')};
  for (const std::string& message : sent) {
    client.send(client_frame(Opcode::text, message) + client_frame(Opcode::binary, message));
  }
  for (const std::string& message : sent) {
    for (const Opcode opcode : {Opcode::text, Opcode::binary}) {
      const auto frame = next_frame(client);
      CHECK(frame.is(opcode));
      CHECK((frame.payload == message));
    }
  }
}

TEST_CASE("relay: each peer has an upstream connection of its own, at the URL's path and query",
          "[relay]") {
  std::atomic<int> connections{0};
  const RunningServer upstream(
      [&](Connection& connection) {
        const std::string name = std::to_string(++connections) + connection.request().query;
        while (connection.read()) connection.write(Message::text(name));
      },
      patient_server());
  const RunningServer server(relay(url_of(upstream) + "?a=b", patient_client()), patient_server());
  TestClient one(server.port()), two(server.port());
  one.open();
  one.send_text("who?");
  CHECK(one.next_text() == "1a=b");
  two.open();
  two.send_text("who?");
  CHECK(two.next_text() == "2a=b");
  one.send_text("who?");
  CHECK(one.next_text() == "1a=b");
}

// The first frame that a peer gets which has agreed on mqtt.
testing::ServerFrame first_frame(const std::vector<std::string>& spoken_upstream) {
  Server upstream(patient_server());
  upstream.handle(
      "/ws", [](Connection& connection) { connection.write(Message::text("hi")); },
      spoken_upstream);
  const testing::Running running_upstream(upstream);
  Server server(patient_server());
  server.handle("/ws", relay(url_of(upstream.port()), patient_client()), {"mqtt", "binary"});
  const testing::Running running(server);
  TestClient client(server.port());
  client.request(testing::upgrade_request("/ws", "Sec-WebSocket-Protocol: binary, mqtt\r\n"));
  auto frame = next_frame(client);
  client.send(client_close(1000));
  return frame;
}

TEST_CASE("relay: the subprotocol that the peer has is the upstream server's, or it is 1014",
          "[relay]") {
  CHECK(first_frame({"binary", "mqtt"}).payload == "hi");
  const testing::LogCapture log;
  for (const std::vector<std::string>& spoken : {std::vector<std::string>{}, {"binary"}}) {
    const auto close = first_frame(spoken);
    CHECK(close.is(Opcode::close));
    CHECK(close.close_code() == 1014);
    CHECK(close.close_reason() == "the upstream server refuses");
  }
  log.await("no upstream server: it does not choose the subprotocol");
}

TEST_CASE("relay: the upstream server's Close comes down as it is, behind what it had said",
          "[relay]") {
  const int code = GENERATE(1000, 1001, 1002, 1008, 1009, 1011, 1013, 1014, 3000, 4999);
  const RunningServer upstream(
      [code](Connection& connection) {
        for (int i = 0; i < 500; ++i) connection.write(Message::text(std::to_string(i)));
        connection.close(static_cast<std::uint16_t>(code), "be\xc3\xbc");
      },
      patient_server());
  const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
  TestClient client(server.port());
  client.open();
  const Received received = all_of(client);
  CHECK(received.messages.size() == 500);
  CHECK(received.messages.back() == "499");
  CHECK(received.code == code);
  CHECK(received.reason == "be\xc3\xbc");
}

TEST_CASE("relay: an upstream server that closes without a code is told as 1000", "[relay]") {
  Scripted peer;
  ScriptedServer upstream(peer.listening);
  upstream.open("", std::string("\x88\x00", 2));
  while (!upstream.receive().empty()) upstream.shutdown_send();
  CHECK(all_of(peer.client).code == 1000);
}

TEST_CASE("relay: the peer's Close goes up as it is, behind all that it had said", "[relay]") {
  const int code = GENERATE(1000, 1001, 1008, 3000, 4999);
  Heard heard;
  int answered = 0;
  {
    const RunningServer upstream(listen_to(heard), patient_server());
    const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
    TestClient client(server.port());
    client.open();
    std::string bytes;
    for (int i = 0; i < 500; ++i) bytes += client_frame(Opcode::text, std::to_string(i));
    client.send(bytes + client_close(static_cast<std::uint16_t>(code), "be\xc3\xbc"));
    answered = all_of(client).code;
  }
  CHECK(heard.messages.size() == 500);
  CHECK(heard.messages.back() == "499");
  CHECK(heard.end == CloseReason{ClosedBy::peer, static_cast<std::uint16_t>(code), "be\xc3\xbc"});
  CHECK(answered == code);
}

TEST_CASE("relay: a peer that closes without a code is told as 1000, and answered", "[relay]") {
  Heard heard;
  {
    const RunningServer upstream(listen_to(heard), patient_server());
    const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
    TestClient client(server.port());
    client.open();
    client.send(client_frame(Opcode::close, ""));
    CHECK(all_of(client).code != 1006);
  }
  CHECK(heard.end == CloseReason{ClosedBy::peer, 1000, ""});
}

// Options with queues so small that it is soon full.
template <typename OptionsType>
OptionsType with_small_queues(OptionsType options) {
  options.queue_messages = 2;
  return options;
}

TEST_CASE("relay: an upstream server that does not read makes the peer wait, and loses nothing",
          "[relay][observed]") {
  Latch reads;
  Heard heard;
  std::size_t messages = 0;
  {
    const RunningServer upstream(
        [&](Connection& connection) {
          reads.wait();
          listen_to(heard)(connection);
        },
        with_small_queues(patient_server()));
    RunningServer server(relay(url_of(upstream), with_small_queues(patient_client())),
                         with_small_queues(patient_server()));
    TestClient client(server.port());
    client.open();
    std::string unsent;
    do {  // until TCP pushes back for longer than the processor takes to look at its latch
      if (unsent.empty()) {
        const std::string number = std::to_string(messages++);
        unsent = client_frame(Opcode::binary, number + std::string(100'000 - number.size(), 'x'));
      }
      unsent.erase(0, client.try_send(unsent));
      if (!unsent.empty()) await_standstill();
      unsent.erase(0, client.try_send(unsent));
    } while (unsent.empty());
    const auto one = server.server().snapshot().connections.at(0);
    CHECK(one.in_queue.items <= 2);
    CHECK(one.reader.doing == Doing::waiting_for_room);
    reads.fire({});
    client.send(unsent + client_close(1000));
    CHECK(all_of(client).code == 1000);
  }
  REQUIRE(heard.messages.size() == messages);
  for (std::size_t i = 0; i < messages; ++i) {
    const std::string number = std::to_string(i);
    const bool is_it = heard.messages[i].compare(0, number.size() + 1, number + "x") == 0;
    CHECK((is_it && heard.messages[i].size() == 100'000));
  }
}

TEST_CASE("relay: a peer that does not read makes the upstream server wait, and loses nothing",
          "[relay][observed]") {
  constexpr std::size_t kMessages = 400;  // of which the kernel takes no more than a tenth
  RunningServer upstream(
      [](Connection& connection) {
        for (std::size_t i = 0; i < kMessages; ++i) {
          const char mark = static_cast<char>('a' + i % 26);
          connection.write(Message::binary(std::string(100'000, mark)));
        }
      },
      with_small_queues(patient_server()));
  RunningServer server(relay(url_of(upstream), with_small_queues(patient_client())),
                       with_small_queues(patient_server()));
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  const auto waits = [](RunningServer& one) {
    const auto connections = one.server().snapshot().connections;
    return !connections.empty() && connections[0].out_queue.waiting_for_room > 0;
  };
  do {  // until it waits, all the way back
    await("both to wait", [&] { return waits(server) && waits(upstream); });
    await_standstill();
  } while (!waits(server) || !waits(upstream));
  CHECK(server.server().snapshot().connections.at(0).out_queue.items <= 2);
  const Received received = all_of(client);
  REQUIRE(received.messages.size() == kMessages);
  for (std::size_t i = 0; i < kMessages; ++i) {
    const char mark = static_cast<char>('a' + i % 26);
    CHECK((received.messages[i] == std::string(100'000, mark)));
  }
  CHECK(received.code == 1000);
}

TEST_CASE("relay: what waits for the upstream server when the peer closes is sent before the end",
          "[relay]") {
  constexpr std::size_t kMessages = 10;
  Heard heard;
  int answered = 0;
  {
    const RunningServer upstream(
        [&](Connection& connection) {
          Latch().wait_until(Clock::now() + std::chrono::milliseconds(500));
          listen_to(heard)(connection);
        },
        with_small_queues(patient_server()));
    ClientOptions options = patient_client();
    options.queue_bytes = std::size_t{1} << 30;
    const RunningServer server(relay(url_of(upstream), options), patient_server());
    TestClient client(server.port());
    client.open();
    const std::string message = client_frame(Opcode::binary, std::string(2'000'000, 'x'));
    for (std::size_t i = 0; i < kMessages; ++i) client.send(message);  // the kernel takes a few
    client.send(client_close(1000));
    answered = all_of(client).code;
  }
  CHECK(heard.messages.size() == kMessages);
  CHECK(answered == 1000);
}

TEST_CASE("relay: an upstream server that is not there is 1013", "[relay]") {
  const testing::LogCapture log;
  std::string url;
  {
    const Listening gone;
    url = gone.url();
  }
  const RunningServer server(relay(url, patient_client()), patient_server());
  TestClient client(server.port());
  client.open();
  const Received received = all_of(client);
  CHECK(received.code == 1013);
  CHECK(received.reason == "the upstream server does not answer");
  log.await("no upstream server: cannot connect to 127.0.0.1:");
}

TEST_CASE("relay: an upstream server that refuses, or speaks no WebSocket, is 1014", "[relay]") {
  const testing::LogCapture log;
  Listening listening;
  const RunningServer server(relay(listening.url(), patient_client()), patient_server());
  for (const std::string answer : {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                                   "HTTP/1.1 101 Switching Protocols\r\n\r\n", "SSH-2.0\r\n\r\n"}) {
    INFO(answer);
    TestClient client(server.port());
    client.open();
    ScriptedServer upstream(listening);
    upstream.request();
    upstream.send(answer);
    upstream.shutdown_send();
    const Received received = all_of(client);
    CHECK(received.code == 1014);
    CHECK(received.reason == "the upstream server refuses");
  }
  log.await("no upstream server: the server answered 403");
}

TEST_CASE("relay: what a peer said before its Close and no upstream server took is no clean end",
          "[relay]") {
  const bool said_something = GENERATE(true, false);
  Scripted peer;
  peer.client.send((said_something ? client_frame(Opcode::text, "last words") : "") +
                   client_close(1000));
  ScriptedServer upstream(peer.listening);
  upstream.request();
  upstream.reset();
  CHECK(all_of(peer.client).code == (said_something ? 1006 : 1000));
}

TEST_CASE("relay: an upstream server that is lost is 1011, behind what it had said", "[relay]") {
  const bool reset = GENERATE(true, false);
  Scripted peer;
  ScriptedServer upstream(peer.listening);
  upstream.open("", "\x81\x05hello");
  CHECK(peer.client.next_text() == "hello");
  reset ? upstream.reset() : upstream.shutdown_send();
  const Received received = all_of(peer.client);
  CHECK(received.code == 1011);
  CHECK(received.reason == "the upstream server was lost");
}

TEST_CASE("relay: an upstream server that is lost behind the peer's Close is 1006", "[relay]") {
  Scripted peer;
  ScriptedServer upstream(peer.listening);
  upstream.open();
  peer.client.send(client_frame(Opcode::text, "last words") + client_close(1000));
  upstream.receive();
  upstream.reset();
  CHECK(all_of(peer.client).code == 1006);
}

TEST_CASE("relay: a server that stops says so to both sides, and nobody is left", "[relay]") {
  Heard heard;
  const std::size_t threads = testing::thread_count();
  {
    const RunningServer upstream(listen_to(heard), patient_server());
    RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
    TestClient client(server.port());
    client.open();
    client.send_text("hello");
    heard.first.wait();
    testing::Worker stops([&] { server.stop(); });
    CHECK(all_of(client).code == 1001);
    client.shutdown_send();
    stops.await_done();
  }
  CHECK(heard.messages == std::vector<std::string>{"hello"});
  CHECK(heard.end == CloseReason{ClosedBy::peer, 1001, "server stopping"});
  CHECK(testing::thread_count() == threads);
}

TEST_CASE("relay: an upstream server that stops is 1001", "[relay]") {
  RunningServer upstream(testing::plain_echo, patient_server());
  const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
  TestClient client(server.port());
  client.open();
  client.send_text("hello");
  CHECK(client.next_text() == "hello");
  testing::Worker stops([&] { upstream.stop(); });
  CHECK(all_of(client).code == 1001);
  stops.await_done();
}

TEST_CASE("relay: a peer that is lost is lost upstream, too, even one that is stuck",
          "[relay][observed]") {
  Listening listening;
  ClientOptions client_options = patient_client();
  client_options.queue_messages = 1;
  RunningServer server(relay(listening.url(), client_options), patient_server());
  const std::size_t threads = testing::thread_count();
  for (const bool stuck : {false, true}) {
    TestClient client(server.port());
    client.open();
    ScriptedServer upstream(listening);
    upstream.open();
    client.send_text("hello");
    CHECK_FALSE(upstream.receive().empty());
    if (stuck) {  // one that the kernel does not take, one in the queue behind it, and one in hand
      const std::string message = client_frame(Opcode::binary, std::string(10'000'000, 'x'));
      for (int i = 0; i < 3; ++i) client.send(message);
      await("the third to be in hand", [&] {
        const auto now = server.server().snapshot().connections.back();
        return now.messages_received == 4 && now.in_queue.items == 0;
      });
      await_standstill();
    }
    client.reset();
    await("the threads to be joined", [&] { return testing::thread_count() == threads; });
  }
}

TEST_CASE("relay: a peer that is lost is no Close to the upstream server", "[relay]") {
  Heard heard;
  {
    const RunningServer upstream(listen_to(heard), patient_server());
    const RunningServer server(relay(url_of(upstream), patient_client()), patient_server());
    TestClient client(server.port());
    client.open();
    client.send_text("hello");
    heard.first.wait();
    client.reset();
    heard.over.wait();
  }
  REQUIRE(heard.end.has_value());
  CHECK(heard.end->code == 1006);
}

// The upstream server takes nothing until the peer's connection has been cut short: by the limit of
// its ending, or because something is to be sent to a peer that has reset it.
TEST_CASE("relay: a Close behind words that were thrown away is no Close to the upstream server",
          "[relay][observed]") {
  constexpr std::size_t kMessages = 8;  // of which half find a place upstream, or on the way there
  const bool reset = GENERATE(true, false);
  INFO(reset);
  Latch speaks, reads;
  Heard heard;
  {
    Options upstream_options = patient_server();
    upstream_options.queue_messages = 1;
    const RunningServer upstream(
        [&](Connection& connection) {
          if (reset) {
            speaks.wait();
            connection.write(Message::text("is anybody there?"));
          }
          reads.wait();
          listen_to(heard)(connection);
        },
        upstream_options);
    ClientOptions client_options = patient_client();
    client_options.queue_messages = 1;
    Options options = patient_server();
    options.queue_bytes = std::size_t{1} << 30;
    options.ending_limit = std::chrono::milliseconds(reset ? 0 : 100);
    RunningServer server(relay(url_of(upstream), client_options), options);
    const auto now = [&] { return server.server().snapshot().connections.at(0); };
    TestClient client(server.port());
    client.open();
    const std::string message = client_frame(Opcode::binary, std::string(10'000'000, 'x'));
    for (std::size_t i = 0; i < kMessages; ++i) client.send(message);
    client.send(client_close(1000));
    await("its Close to be read", [&] { return now().closing.has_value(); });
    if (reset) {
      client.reset();
      await("that to be read", [&] { return now().reader.doing == Doing::ended; });
      speaks.fire({});
    }
    await("it to be over", [&] { return now().closed.has_value(); });
    reads.fire({});
    heard.over.wait();
  }
  CHECK(heard.messages.size() < kMessages);
  REQUIRE(heard.end.has_value());
  CHECK(heard.end->code == 1006);
}

// The upstream server has closed, and the limit of that ending passes while the peer takes nothing.
TEST_CASE("relay: the upstream server's Close behind words that were thrown away is 1011",
          "[relay][observed]") {
  constexpr std::size_t kMessages = 6;  // of which half find a place on the way to the peer
  RunningServer upstream(
      [](Connection& connection) {
        for (std::size_t i = 0; i < kMessages; ++i) {
          connection.write(Message::binary(std::string(10'000'000, 'x')));
        }
      },
      patient_server());
  ClientOptions client_options = patient_client();
  client_options.queue_bytes = std::size_t{1} << 30;
  client_options.ending_limit = std::chrono::milliseconds(100);
  Options options = patient_server();
  options.queue_messages = 1;
  const RunningServer server(relay(url_of(upstream), client_options), options);
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  await("it to be over", [&] {
    const auto connections = upstream.server().snapshot().connections;
    return !connections.empty() && connections[0].closed.has_value();
  });
  const Received received = all_of(client);
  CHECK(received.messages.size() < kMessages);
  CHECK(received.code == 1011);
  CHECK(received.reason == "the upstream server was lost");
}

TEST_CASE("relay: a peer that goes while it connects is waited for by nobody", "[relay]") {
  Listening silent;  // its kernel takes the connection, and nobody answers
  const RunningServer server(relay(silent.url(), patient_client()), patient_server());
  const std::size_t threads = testing::thread_count();
  TestClient client(server.port());
  client.open();
  ScriptedServer upstream(silent);
  upstream.request();
  client.reset();
  await("the threads to be joined", [&] { return testing::thread_count() == threads; });
  CHECK(upstream.receive().empty());
}

TEST_CASE("relay: a URL is one of WebSocket, and options make sense", "[relay]") {
  for (const char* wrong :
       {"", "localhost:1", "http://localhost", "ws://", "ws://a:b@c/", "ws://a/#b"}) {
    INFO(wrong);
    CHECK_THROWS_AS(relay(wrong), std::invalid_argument);
  }
  ClientOptions options;
  options.queue_messages = 0;
  CHECK_THROWS_AS(relay("ws://localhost/", options), std::invalid_argument);
}

}  // namespace
}  // namespace triloop
