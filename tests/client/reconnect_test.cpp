// A client that connects again, and one that has so much time.
#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/error_of.h"
#include "client/patient_client.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/scripted_server.h"
#include "support/threads.h"
#include "triloop/client.h"

namespace triloop {
namespace {

using testing::error_of;
using testing::kFailSafe;
using testing::Listening;
using testing::patient_client;
using testing::read_to_the_end;
using testing::ScriptedServer;
using testing::url_of;

const std::string kClose("\x88\x02\x03\xe8", 4);

// As often as it takes, and hardly a wait between.
ClientOptions tireless_client() {
  ClientOptions options = patient_client();
  options.reconnect.max_retries = std::numeric_limits<std::size_t>::max();
  options.reconnect.first_delay = options.reconnect.max_delay = std::chrono::milliseconds(1);
  return options;
}

// The request of the next connection, which gets this answer.
void refuse(Listening& listening, const std::string& answer) {
  ScriptedServer server(listening);
  server.request();
  server.send(answer);
  server.shutdown_send();
  while (!server.receive().empty()) {
  }
}

// Closes as a server should.
void part(ScriptedServer& server) {
  server.send(kClose);
  server.shutdown_send();
  while (!server.receive().empty()) {
  }
}

TEST_CASE("a client that is lost connects again, and is told how it was lost", "[reconnect]") {
  Listening listening;
  ClientOptions options = tireless_client();
  std::vector<ConnectionEnd> ends;
  std::vector<std::uint64_t> numbers;
  options.reconnect.on_lost = [&](const ConnectionEnd& end) { ends.push_back(end); };
  Client client(
      listening.url(),
      [&](Connection& connection) {
        numbers.push_back(connection.id());
        read_to_the_end(connection);
      },
      options);
  client.start();
  {
    ScriptedServer server(listening);
    server.open();
    server.reset();
  }
  {
    ScriptedServer server(listening);
    server.open();
    server.send({"\x88\x02\x03\xe9", 4});  // 1001
    server.shutdown_send();
    while (!server.receive().empty()) {
    }
  }
  refuse(listening, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
  ScriptedServer server(listening);
  server.open();
  part(server);
  const ConnectionEnd end = client.wait();
  CHECK(end.began == CloseReason{ClosedBy::peer, 1000, ""});
  CHECK(end.is_clean);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].began.by == ClosedBy::network);
  CHECK(ends[1].began == CloseReason{ClosedBy::peer, 1001, ""});
  CHECK(ends[1].is_clean);
  REQUIRE(numbers.size() == 3);  // each a connection of its own
  CHECK(numbers[0] != numbers[1]);
  CHECK(numbers[1] != numbers[2]);
}

TEST_CASE("a client that waits for its next connection hands that out", "[reconnect]") {
  Listening listening;
  Client client(listening.url(), read_to_the_end, tireless_client());
  client.start();
  {
    ScriptedServer server(listening);
    server.open();
    const ConnectionHandle first = client.handle();
    server.reset();
    testing::await("its end", [&] { return first.is_over(); });
  }
  ScriptedServer server(listening);
  server.open();
  testing::await("a handle by which one can write",
                 [&] { return client.handle().write(Message::text("hello")); });
  CHECK_FALSE(server.receive().empty());
  part(server);
  client.wait();
}

TEST_CASE("a client that gives up says why the last attempt failed", "[reconnect]") {
  std::uint16_t port = 0;
  {
    const Listening gone;
    port = gone.port();
  }
  ClientOptions options = tireless_client();
  options.reconnect.max_retries = 3;
  Client client("ws://127.0.0.1:" + std::to_string(port) + "/", read_to_the_end, options);
  client.start();
  CHECK(error_of(client).code() == std::errc::connection_refused);
}

TEST_CASE("a client asks no more often than it may", "[reconnect]") {
  Listening listening;
  ClientOptions options = tireless_client();
  options.reconnect.max_retries = 2;
  Client client(listening.url(), read_to_the_end, options);
  client.start();
  for (int i = 0; i < 3; ++i) refuse(listening, "HTTP/1.1 500 Internal Server Error\r\n\r\n");
  CHECK_THROWS_AS(client.wait(), ConnectError);
}

TEST_CASE("a refusal that is final is not asked again", "[reconnect]") {
  Listening listening;
  Client client(listening.url(), read_to_the_end, tireless_client());
  client.start();
  refuse(listening, "HTTP/1.1 401 Unauthorized\r\n\r\n");
  CHECK_THROWS_AS(client.wait(), ConnectError);
}

TEST_CASE("who has closed stays closed", "[reconnect]") {
  Listening listening;
  Client client(
      listening.url(), [](Connection&) {}, tireless_client());
  client.start();
  ScriptedServer server(listening);
  server.open();
  std::string close;
  while (close.size() < 8) close += server.receive();
  server.reset();
  const ConnectionEnd end = client.wait();
  CHECK(end.began == CloseReason{ClosedBy::processor, 1000, ""});
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("stop() ends the wait between two attempts", "[reconnect]") {
  Listening listening;
  Client client(listening.url(), read_to_the_end, tireless_client());
  client.start();
  refuse(listening, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\n\r\n");
  testing::await_standstill();
  client.stop();
  CHECK(error_of(client).code() == std::errc::operation_canceled);
}

TEST_CASE("what on_lost() throws ends a client", "[reconnect]") {
  Listening listening;
  ClientOptions options = tireless_client();
  options.reconnect.on_lost = [](const ConnectionEnd&) { throw std::runtime_error("oops"); };
  Client client(listening.url(), read_to_the_end, options);
  client.start();
  ScriptedServer server(listening);
  server.open();
  server.reset();
  CHECK_THROWS_WITH(client.wait(), "oops");
}

// Of the numbers that it writes a server gets some, and ends its stream; what is on its way then it
// still receives. None comes twice, and none is missing that was not told of.
TEST_CASE("nothing is sent twice, and what was not sent is told", "[reconnect]") {
  constexpr std::size_t kNumbers = 1000, kDigits = 8, kPayload = 60'000, kHeader = 4 + 4;
  constexpr std::size_t kCuts = 2, kBeforeACut = 20;
  Listening listening;
  ClientOptions options = tireless_client();
  std::vector<Message> again;  // written, and not sent
  std::size_t next = 0, told = 0, in_doubt = 0;
  options.reconnect.on_lost = [&](const ConnectionEnd& end) {
    again.insert(again.end(), end.unsent.begin(), end.unsent.end());
    told += end.unsent.size();
    in_doubt += end.in_doubt;
  };
  const auto write_all = [&](Connection& connection) {
    for (; !again.empty(); again.pop_back()) {
      if (!connection.write(again.back())) return;
    }
    for (; next < kNumbers; ++next) {
      std::string number = std::to_string(10'000'000 + next);
      number.resize(kPayload, '.');
      if (!connection.write(Message::text(number))) return;
    }
  };
  std::vector<std::string> received;
  Client client(listening.url(), write_all, options);
  client.start();
  for (std::size_t cut = 0; cut <= kCuts; ++cut) {
    ScriptedServer server(listening);
    server.open();
    std::string bytes;
    bool ended = false;
    for (std::string more = server.receive(); !more.empty(); more = server.receive()) {
      bytes += more;
      while (bytes.size() >= kHeader + kPayload && bytes[0] == '\x81') {
        std::string number = bytes.substr(kHeader, kDigits);
        for (std::size_t i = 0; i < kDigits; ++i) {
          number[i] = static_cast<char>(number[i] ^ bytes[4 + i % 4]);
        }
        received.push_back(number);
        bytes.erase(0, kHeader + kPayload);
      }
      if (ended) continue;
      const bool closed = !bytes.empty() && bytes[0] == '\x88';
      if (closed) server.send(kClose);
      const bool cuts = cut < kCuts && received.size() >= (cut + 1) * kBeforeACut;
      if (cuts) testing::await_standstill();  // the kernel takes no more, and the queue is full
      ended = closed || cuts;
      if (ended) server.shutdown_send();
    }
  }
  CHECK(client.wait().is_clean);
  CHECK(next == kNumbers);
  CHECK(told > 0);
  std::sort(received.begin(), received.end());
  CHECK(std::adjacent_find(received.begin(), received.end()) == received.end());
  CHECK(received.size() + in_doubt >= kNumbers);
}

TEST_CASE("connect_for() ends what is not over in time", "[reconnect]") {
  const testing::RunningServer server;
  const auto end =
      connect_for(url_of(server), read_to_the_end, std::chrono::milliseconds(1), patient_client());
  CHECK_FALSE(end.has_value());
}

TEST_CASE("connect_for() says how it ended in time", "[reconnect]") {
  const testing::RunningServer server;
  const auto end = connect_for(
      url_of(server), [](Connection&) {}, kFailSafe, patient_client());
  REQUIRE(end.has_value());
  CHECK(end->is_clean);
}

}  // namespace
}  // namespace triloop
