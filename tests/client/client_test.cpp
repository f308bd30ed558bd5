// A client and a server of ours, over TCP.
#include "triloop/client.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "client/error_of.h"
#include "client/patient_client.h"
#include "client/patient_server.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/scripted_server.h"
#include "support/threads.h"
#include "triloop/prepared_message.h"

namespace triloop {
namespace {

using testing::error_of;
using testing::kFailSafe;
using testing::Listening;
using testing::patient_client;
using testing::patient_server;
using testing::read_to_the_end;
using testing::RunningServer;
using testing::ScriptedServer;
using testing::url_of;

TEST_CASE("a client gets back what it sends to an echo", "[client]") {
  const RunningServer server(testing::plain_echo, patient_server());
  std::vector<Message> seen;
  const std::vector<Message> sent = {
      Message::text("hello"), Message::binary(std::string(3, '\xff')), Message::text(""),
      Message::text(std::string(70'000, 'x')), Message::binary(std::string(1'000'000, 'y'))};
  const ConnectionEnd end = connect(
      url_of(server),
      [&](Connection& connection) {
        for (const Message& message : sent) connection.write(message);
        while (seen.size() < sent.size()) {
          auto message = connection.read();
          if (!message) return;
          seen.push_back(std::move(*message));
        }
      },
      patient_client());
  CHECK(seen == sent);
  CHECK(end.began == CloseReason{ClosedBy::processor, 1000, ""});
  CHECK(end.is_clean);
}

TEST_CASE("a client that compresses gets back what it sends", "[client]") {
  Options options = patient_server();
  options.compress = true;
  ClientOptions compressing = patient_client();
  compressing.compress = true;
  const int windows[][2] = {{12, 12}, {9, 15}, {15, 9}, {15, 15}};
  for (const auto& [of_server, of_client] : windows) {
    INFO(of_server << " " << of_client);
    options.compress_window = of_server;
    compressing.compress_window = of_client;
    const RunningServer server(testing::plain_echo, options);
    int good = 0;
    connect(
        url_of(server),
        [&](Connection& connection) {
          for (int i = 0; i < 50; ++i) {
            std::string text;
            for (int j = 0; j < 200 * i; ++j) text += std::to_string(j * i);
            connection.write(Message::text(text));
            const auto answer = connection.read();
            if (answer && answer->data == text) ++good;
          }
        },
        compressing);
    CHECK(good == 50);
  }
}

TEST_CASE("what many are sent stays as it is when a client sends it", "[client]") {
  const RunningServer server(testing::plain_echo, patient_server());
  const std::string payload(5000, 'p');
  const std::vector<PreparedMessage> prepared(3, PreparedMessage(Message::text(payload)));
  for (const bool compress : {false, true}) {
    ClientOptions options = patient_client();
    options.compress = compress;
    std::vector<std::string> seen;
    connect(
        url_of(server),
        [&](Connection& connection) {
          std::size_t written = 0;
          connection.write_all_for(prepared, written, kFailSafe);
          while (seen.size() < 3) {
            const auto message = connection.read();
            if (!message) return;
            seen.push_back(message->data);
          }
        },
        options);
    CHECK(seen == std::vector<std::string>(3, payload));
    CHECK(prepared.front().data() == payload);
  }
}

TEST_CASE("each frame of a client has a mask of its own", "[client]") {
  Listening listening;
  Client client(
      listening.url(),
      [](Connection& connection) {
        for (int i = 0; i < 200; ++i) connection.write(Message::text("same"));
        read_to_the_end(connection);
      },
      patient_client());
  client.start();
  ScriptedServer server(listening);
  server.open();
  std::string bytes;
  constexpr std::size_t kFrame = 2 + 4 + 4;
  while (bytes.size() < 200 * kFrame) bytes += server.receive();
  std::vector<std::string> keys;
  for (std::size_t at = 0; at < bytes.size(); at += kFrame) {
    CHECK(bytes.substr(at, 2) == "\x81\x84");
    keys.push_back(bytes.substr(at + 2, 4));
    std::string payload = bytes.substr(at + 6, 4);
    for (std::size_t i = 0; i < 4; ++i) payload[i] = static_cast<char>(payload[i] ^ keys.back()[i]);
    CHECK(payload == "same");
  }
  std::sort(keys.begin(), keys.end());
  // Of 200 random keys two are the same once in 200 000 times, and three never.
  CHECK(std::unique(keys.begin(), keys.end()) - keys.begin() >= 199);
}

TEST_CASE("what comes right behind the answer is read", "[client]") {
  Listening listening;
  std::string seen;
  Client client(
      listening.url(),
      [&](Connection& connection) {
        if (auto message = connection.read()) seen = message->data;
      },
      patient_client());
  client.start();
  ScriptedServer server(listening);
  server.open("",
              "\x81\x05"
              "early");
  while (server.receive().empty()) {
  }
  client.stop();
  server.send({"\x88\x02\x03\xe8", 4});
  server.shutdown_send();
  client.wait();
  CHECK(seen == "early");
}

TEST_CASE("the server ends its stream first, and a client waits for it", "[client]") {
  Listening listening;
  Client client(
      listening.url(), [](Connection&) {}, patient_client());
  client.start();
  ScriptedServer server(listening);
  server.open();
  std::string close;
  while (close.size() < 8) close += server.receive();
  CHECK(close.substr(0, 2) == "\x88\x82");
  server.send({"\x88\x02\x03\xe8", 4});
  testing::await_standstill();  // it has the Close, and waits for more
  CHECK_FALSE(client.wait_for(std::chrono::milliseconds(0)).has_value());
  CHECK(server.is_silent());
  server.shutdown_send();
  CHECK(server.receive().empty());  // only now its own
  const ConnectionEnd end = client.wait();
  CHECK(end.began == CloseReason{ClosedBy::processor, 1000, ""});
  CHECK(end.is_clean);
}

TEST_CASE("behind a violation, too, the server ends its stream first", "[client]") {
  Listening listening;
  const std::string close("\x88\x02\x03\xe8", 4);
  const std::string violations[] = {{"\xc1\x00", 2},           // with an extension's bit
                                    {"\x88\x02\x03\xe7", 4}};  // a Close with 999
  for (const std::string& violation : violations) {
    Client client(listening.url(), read_to_the_end, patient_client());
    client.start();
    ScriptedServer server(listening);
    server.open();
    server.send(violation);
    std::string bytes;
    while (bytes.size() < 8) bytes += server.receive();
    if (violation != violations[1]) server.send(close);
    testing::await_standstill();  // it has the Close, and waits for more
    CHECK(server.is_silent());
    server.shutdown_send();
    CHECK(client.wait().began.code == 1002);
  }
}

TEST_CASE("a server that closes is answered, and the end says so", "[client]") {
  const RunningServer server([](Connection& connection) { connection.close(4321, "bye"); },
                             patient_server());
  const ConnectionEnd end = connect(url_of(server), read_to_the_end, patient_client());
  CHECK(end.began == CloseReason{ClosedBy::peer, 4321, "bye"});
  CHECK(end.is_clean);
}

TEST_CASE("both may close at once", "[client]") {
  const RunningServer server([](Connection&) {}, patient_server());
  for (int i = 0; i < 20; ++i) {
    const ConnectionEnd end = connect(
        url_of(server), [](Connection&) {}, patient_client());
    CHECK(end.began.code == 1000);
    CHECK(end.is_clean);
  }
}

TEST_CASE("all that was written is received before the end", "[client]") {
  std::size_t received = 0;
  const RunningServer server(
      [&](Connection& connection) {
        while (connection.read()) ++received;
      },
      patient_server());
  const ConnectionEnd end = connect(
      url_of(server),
      [](Connection& connection) {
        for (int i = 0; i < 10'000; ++i) connection.write(Message::text(std::string(100, 'x')));
      },
      patient_client());
  CHECK(end.is_clean);
  CHECK(received == 10'000);
}

TEST_CASE("a processor of a client that throws closes with 1011", "[client]") {
  const testing::LogCapture log;
  std::uint16_t code = 0;
  Listening listening;
  Client client(
      listening.url(), [](Connection&) { throw std::runtime_error("oops"); }, patient_client());
  client.start();
  ScriptedServer server(listening);
  server.open();
  std::string close;
  while (close.size() < 8) close += server.receive();
  server.shutdown_send();
  code = client.wait().began.code;
  CHECK(code == 1011);
}

TEST_CASE("a server that vanishes is an abnormal end", "[client]") {
  Listening listening;
  for (const bool reset : {false, true}) {
    Client client(listening.url(), read_to_the_end, patient_client());
    client.start();
    ScriptedServer server(listening);
    server.open();
    client.handle();
    if (reset) {
      server.reset();
    } else {
      server.shutdown_send();
    }
    const ConnectionEnd end = client.wait();
    CHECK(end.began.by == ClosedBy::network);
    CHECK(end.began.code == 1006);
    CHECK_FALSE(end.is_clean);
  }
}

TEST_CASE("a silent server is held to be dead", "[client]") {
  Listening listening;
  ClientOptions options = patient_client();
  options.ping_interval = options.pong_timeout = std::chrono::milliseconds(1);
  Client client(listening.url(), read_to_the_end, options);
  client.start();
  ScriptedServer server(listening);
  server.open();
  const ConnectionEnd end = client.wait();
  CHECK(end.over == CloseReason{ClosedBy::network, 1006, "the peer is silent"});
}

TEST_CASE("both directions may be full at once", "[client]") {
  constexpr int kMessages = 200;
  const std::string large(100'000, 'x');
  const auto talk = [&](Connection& connection) {  // writes all before it reads any
    for (int i = 0; i < kMessages; ++i) connection.write(Message::binary(large));
    int read = 0;
    while (read < kMessages && connection.read()) ++read;
    return read;
  };
  // With queues for all of it on one side: neither reads before it has written.
  Options options = patient_server();
  options.queue_bytes = std::size_t{1} << 30;
  int of_server = 0, of_client = 0;
  {
    const RunningServer server([&](Connection& connection) { of_server = talk(connection); },
                               options);
    connect(
        url_of(server), [&](Connection& connection) { of_client = talk(connection); },
        patient_client());
  }
  CHECK(of_server == kMessages);
  CHECK(of_client == kMessages);
}

TEST_CASE("stop() of a client drains it with 1001", "[client]") {
  CloseReason seen;
  {
    const RunningServer server(
        [&](Connection& connection) {
          read_to_the_end(connection);
          seen = *connection.ending().reason();
        },
        patient_server());
    Client client(url_of(server), read_to_the_end, patient_client());
    client.start();
    CHECK(client.handle().write(Message::text("hello")));
    client.stop();
    CHECK(client.wait().began == CloseReason{ClosedBy::application, 1001, "client stopping"});
    CHECK(client.wait().is_clean);  // as often as one likes
    CHECK(client.handle().is_over());
  }
  CHECK(seen == CloseReason{ClosedBy::peer, 1001, "client stopping"});
}

TEST_CASE("a second stop() of a client aborts it", "[client]") {
  Listening listening;
  Client client(listening.url(), read_to_the_end, patient_client());
  client.start();
  ScriptedServer server(listening);  // which answers no Close
  server.open();
  client.handle();
  client.stop();
  client.stop();
  CHECK_FALSE(client.wait().is_clean);
}

TEST_CASE("a client that goes ends its connection, and leaves nothing behind", "[client]") {
  Listening listening;
  const std::size_t threads = testing::thread_count(), descriptors = testing::descriptor_count();
  {
    Client client(listening.url(), read_to_the_end, patient_client());
    client.start();
    ScriptedServer server(listening);
    server.open();
    client.handle();
    testing::await("three threads", [&] { return testing::thread_count() == threads + 3; });
  }
  CHECK(testing::thread_count() == threads);
  CHECK(testing::descriptor_count() == descriptors);
}

TEST_CASE("a client that was never started waits for nothing", "[client]") {
  Client client("ws://127.0.0.1:1/", read_to_the_end);
  CHECK_THROWS_AS(client.wait(), std::logic_error);
  CHECK_THROWS_AS(client.handle(), std::logic_error);
}

TEST_CASE("a server that is not there is an error that says where", "[client]") {
  std::uint16_t port = 0;
  {
    const Listening gone;
    port = gone.port();
  }
  Client client(url_of(port), read_to_the_end, patient_client());
  client.start();
  const std::system_error error = error_of(client);
  CHECK(error.code() == std::errc::connection_refused);
  CHECK(std::string(error.what()).find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
}

TEST_CASE("who has stopped a client is told so, whatever the look-up says", "[client]") {
  Client client("ws://nobody.invalid/", read_to_the_end, patient_client());
  client.stop();  // so that it comes before the answer
  client.start();
  CHECK(error_of(client).code() == std::errc::operation_canceled);
}

TEST_CASE("a server of ours that stops closes its clients with 1001", "[client]") {
  RunningServer server(testing::plain_echo, patient_server());
  Client client(url_of(server), read_to_the_end, patient_client());
  client.start();
  client.handle();
  CHECK(server.stop().empty());
  const ConnectionEnd end = client.wait();
  CHECK(end.began == CloseReason{ClosedBy::peer, 1001, "server stopping"});
  CHECK(end.is_clean);
}

TEST_CASE("a processor finds what was asked for and agreed on", "[client]") {
  Server server(patient_server());
  server.handle("/ws", testing::plain_echo, {"chat"});
  const testing::Running running(server);
  ClientOptions options = patient_client();
  options.subprotocols = {"x", "chat"};
  std::string path, query, subprotocol, peer;
  connect(
      url_of(server.port()) + "?a=b",
      [&](Connection& connection) {
        path = connection.path();
        query = connection.request().query;
        subprotocol = connection.subprotocol();
        peer = connection.peer_address();
      },
      options);
  CHECK(path == "/ws");
  CHECK(query == "a=b");
  CHECK(subprotocol == "chat");
  CHECK(peer == "127.0.0.1:" + std::to_string(server.port()));
}

}  // namespace
}  // namespace triloop
