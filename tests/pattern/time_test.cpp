// Time: when a peer, or an ending, is given up, and when it is not. A clock that runs too early
// shows here; that none runs too late is for the explorer, whose clock is its own.
#include <chrono>
#include <string>

#include "pattern/helpers.h"
#include "support/catch.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::await_blocked;
using testing::client_close;
using testing::client_frame;
using testing::echo;
using testing::FakeConnection;
using testing::Gate;
using testing::patient_options;
using testing::pings_sent;
using testing::server_close;
using testing::server_frame;

// How often something is done that takes longer than a deadline if it were not for movement.
constexpr int kTimes = 8;

// True if the connection lives for so long.
bool lives_for(FakeConnection& connection, milliseconds time) {
  return !connection->over().wait_until(Clock::now() + time);
}

// -- Silence --------------------------------------------------------------------------------------

TEST_CASE("a peer that is silent after a ping is given up", "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(20);
  options.pong_timeout = milliseconds(50);
  const TimePoint start = Clock::now();
  FakeConnection connection(echo, options);
  connection.await_end();
  CHECK(Clock::now() - start >= milliseconds(70));
  CHECK(connection.reason().by == ClosedBy::network);
  CHECK(connection.reason().text == "the peer is silent");
}

TEST_CASE("a peer that answers pings is kept, whatever it answers with", "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(100);
  options.pong_timeout = milliseconds(2000);
  FakeConnection connection(echo, options);
  const TimePoint enough = Clock::now() + milliseconds(3000);
  for (std::size_t seen = 0; Clock::now() < enough;) {
    const std::size_t pings = pings_sent(connection);
    if (pings == seen) {
      REQUIRE_FALSE(connection->over().wait_until(Clock::now() + milliseconds(5)));
      continue;
    }
    seen = pings;
    connection.socket().deliver(client_frame(seen % 2 == 0 ? Opcode::pong : Opcode::binary, ""));
  }
  CHECK_FALSE(connection->over().fired());
}

TEST_CASE("a reader that waits for room is no sign of a dead peer", "[connection][liveness]") {
  Options options = patient_options();
  options.queue_messages = 1;
  options.ping_interval = milliseconds(10);
  options.pong_timeout = milliseconds(30);
  Gate gate;
  FakeConnection connection([&](Connection&) { gate.wait(); }, options);
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2"));
  // Many times the timeout, in pings; the peer answers none of them that the reader could hear.
  await("pings", [&] { return pings_sent(connection) > 30 || connection->over().fired(); });
  CHECK_FALSE(connection->over().fired());
  gate.open();
}

TEST_CASE("a ping that has not reached the peer yet is no question", "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(10);
  options.pong_timeout = milliseconds(40);
  FakeConnection connection(echo, options);
  connection.socket().acknowledge(0);
  const std::string much(100, 'x');
  connection.socket().deliver(client_frame(Opcode::text, much));
  connection.socket().await_sent(server_frame(Opcode::text, much));
  const std::size_t pings = pings_sent(connection);
  await("a ping behind it", [&] { return pings_sent(connection) > pings; });
  SECTION("the peer moves slowly") {
    for (int i = 1; i <= kTimes; ++i) {
      REQUIRE(lives_for(connection, 2 * options.pong_timeout));
      connection.socket().acknowledge(static_cast<std::size_t>(i));
    }
  }
  SECTION("the peer pauses") { REQUIRE(lives_for(connection, kTimes * options.pong_timeout)); }
  connection.socket().acknowledge(SIZE_MAX);
  connection.await_end();
  CHECK(connection.reason().text == "the peer is silent");
}

TEST_CASE("a ping that does not reach the peer, and nothing moves: the write timeout judges",
          "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(10);
  options.pong_timeout = milliseconds(10);
  options.write_timeout = milliseconds(100);
  FakeConnection connection(echo, options, client_frame(Opcode::text, "lies before the ping"));
  connection.socket().acknowledge(0);
  const TimePoint start = Clock::now();
  connection.await_end();
  CHECK(Clock::now() - start >= options.write_timeout);
  CHECK(connection.reason().text == "the peer stopped reading");
}

TEST_CASE("a peer that answers no ping any more after its Close is no dead peer",
          "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(10);
  options.pong_timeout = milliseconds(30);
  Gate gate;
  FakeConnection connection(
      [&](Connection& self) {
        gate.wait();
        echo(self);
      },
      options);
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2") +
                              client_close(1000));
  await("the ending to begin", [&] { return connection->ending().fired(); });
  REQUIRE(lives_for(connection, kTimes * options.pong_timeout));
  gate.open();
  connection.socket().await_sent(server_frame(Opcode::text, "1") + server_frame(Opcode::text, "2") +
                                 server_close(1000, ""));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::peer);
}

TEST_CASE("no ping and no heartbeat is sent once an ending has begun", "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = options.heartbeat = milliseconds(5);
  Gate gate;
  FakeConnection connection([&](Connection&) { gate.wait(); }, options);
  connection.socket().await_sent("\x89");
  connection.socket().await_sent("heartbeat");
  connection.socket().deliver(client_close(1000));
  await("the ending to begin", [&] { return connection->ending().fired(); });
  const std::size_t pings = pings_sent(connection);
  const std::size_t beats = connection.socket().count_sent("heartbeat");
  REQUIRE(lives_for(connection, kTimes * options.ping_interval));
  connection->write(Message::text("the writer has looked up since"));
  connection.socket().await_sent("looked up since");
  CHECK(pings_sent(connection) <= pings + 1);
  CHECK(connection.socket().count_sent("heartbeat") <= beats + 1);
  gate.open();
}

TEST_CASE("heartbeats keep no ending from its end", "[connection][endings]") {
  Options options = patient_options();
  options.heartbeat = milliseconds(10);
  options.close_timeout = milliseconds(100);
  Gate gate;
  FakeConnection connection(
      [&](Connection& self) {
        echo(self);
        gate.wait();
      },
      options);
  connection.socket().deliver(client_close(1000));
  await("the end", [&] { return connection->over().fired(); });
  gate.open();
  CHECK(connection.reason().text == "the close timeout passed");
}

TEST_CASE("a dead peer is found in time, though its ping found a heartbeat on its way",
          "[connection][liveness]") {
  Options options = patient_options();
  options.ping_interval = options.heartbeat = milliseconds(20);
  options.pong_timeout = milliseconds(3000);
  FakeConnection connection(echo, options, client_frame(Opcode::text, "lies before the ping"));
  connection.socket().acknowledge(0);
  connection.socket().await_sent("\x89");
  const TimePoint sent = Clock::now();
  connection.socket().acknowledge(SIZE_MAX);
  connection.await_end();
  CHECK(connection.reason().text == "the peer is silent");
  CHECK(Clock::now() - sent < options.pong_timeout * 7 / 4);
}

// -- An ending that waits for the processor -------------------------------------------------------

TEST_CASE("a processor that works on what was queued keeps nobody's time",
          "[connection][endings]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(30);
  Gate gate;
  FakeConnection connection(
      [&](Connection& self) {
        auto message = self.read();
        gate.wait();
        self.write(std::move(*message));
        echo(self);
      },
      options);
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2") +
                              client_close(1000));
  await("the ending to begin", [&] { return connection->ending().fired(); });
  REQUIRE(lives_for(connection, kTimes * options.close_timeout));
  gate.open();
  connection.socket().await_sent(server_frame(Opcode::text, "1") + server_frame(Opcode::text, "2") +
                                 server_close(1000, ""));
}

TEST_CASE("an ending has a limit, however long the processor works", "[connection][endings]") {
  Options options = patient_options();
  options.ending_limit = milliseconds(100);
  FakeConnection connection(
      [](Connection& self) {
        self.read();
        self.over().wait();
      },
      options);
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_close(1000));
  const TimePoint start = Clock::now();
  connection.await_end();
  CHECK(Clock::now() - start >= options.ending_limit);
  CHECK(connection.reason().text == "the ending limit passed");
}

// -- An ending that waits for the peer ------------------------------------------------------------

TEST_CASE("writer after its Close: freed by the end of the peer's stream", "[connection][blocks]") {
  FakeConnection connection(echo);
  connection->close(1000, "done");
  connection.socket().await_sent(server_close(1000, "done"));
  await_blocked("write-1");
  CHECK_FALSE(connection.socket().is_send_shut_down());  // first the peer's own Close
  connection.socket().deliver(client_close(1000, "done"));
  connection.reader().await_blocked();
  CHECK(connection.socket().is_send_shut_down());
  CHECK_FALSE(connection->over().fired());
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason() == CloseReason{ClosedBy::application, 1000, "done"});
}

TEST_CASE("writer after its Close: gives up after the close timeout", "[connection][blocks]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(50);
  FakeConnection connection(echo, options);
  const TimePoint start = Clock::now();
  connection->close(1000, "done");
  connection.await_end();
  CHECK(Clock::now() - start >= milliseconds(50));
  CHECK(connection.reason().text == "the peer did not end its stream");
}

TEST_CASE("a drain that the processor holds up ends at the close timeout", "[connection][blocks]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(50);
  FakeConnection connection([](Connection& self) { self.over().wait(); }, options);
  connection.socket().deliver(client_close(1000));
  connection.await_end();
  CHECK(connection.reason().text == "the close timeout passed");
}

TEST_CASE("a drain that the peer holds up by not reading ends at the close timeout",
          "[connection][blocks]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(50);
  FakeConnection connection(echo, options);
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "x"));
  await_blocked("write-1");
  connection->close();
  connection.await_end();
  CHECK(connection.reason().text == "the close timeout passed");
}

TEST_CASE("a peer that takes its time, but moves, gets all of a drain", "[connection][endings]") {
  constexpr milliseconds kGap{100};
  Options options = patient_options();
  options.close_timeout = 4 * kGap;
  FakeConnection connection(echo, options);
  SECTION("it takes a byte now and then") {
    connection.socket().take(0);
    connection.socket().deliver(client_frame(Opcode::text, "slowly") + client_close(1000));
    for (int i = 0; i < kTimes; ++i) {
      REQUIRE(lives_for(connection, kGap));
      connection.socket().take(1);
    }
  }
  SECTION("it acknowledges a byte now and then") {
    connection.socket().acknowledge(0);
    connection.socket().deliver(client_frame(Opcode::text, "slowly") + client_close(1000));
    connection.socket().await_sent(server_close(1000, ""));
    connection.socket().end_stream();
    for (int i = 1; i <= kTimes; ++i) {
      REQUIRE(lives_for(connection, kGap));
      connection.socket().acknowledge(static_cast<std::size_t>(i));
    }
  }
  connection.socket().take(SIZE_MAX);
  connection.socket().acknowledge(SIZE_MAX);
  connection.socket().await_sent(server_frame(Opcode::text, "slowly") + server_close(1000, ""));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason() == CloseReason{ClosedBy::peer, 1000, ""});
}

TEST_CASE("a drain is not over before the peer has all of it", "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().acknowledge(0);
  connection.socket().deliver(client_frame(Opcode::text, "x") + client_close(1000));
  connection.socket().end_stream();
  connection.socket().await_sent(server_close(1000, ""));
  CHECK(lives_for(connection, milliseconds(50)));
  connection.socket().acknowledge(SIZE_MAX);
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::peer);
}

TEST_CASE("a peer that has all, and drips, keeps nobody waiting for its Close",
          "[connection][endings]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(100);
  FakeConnection connection(echo, options);
  connection->close();
  while (lives_for(connection, milliseconds(10))) {
    connection.socket().deliver(client_frame(Opcode::text, "still here"));
  }
  connection.await_end();
  CHECK(connection.reason().text == "the peer did not end its stream");
}

TEST_CASE("a peer that is reset after the goodbye is waited for no longer",
          "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().acknowledge(0);
  connection.socket().deliver(client_close(1000));
  connection.socket().end_stream();
  connection.socket().await_sent(server_close(1000, ""));
  connection.socket().break_off();
  connection.await_end();
  CHECK(connection.reason().text == "the peer has reset the connection");
}

TEST_CASE("our stream ends behind the peer's Close, also behind a violation",
          "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(3, "no such opcode"));
  connection.socket().await_sent("\x88");
  connection.socket().deliver("what nobody can tell the frames of");
  connection.reader().await_blocked();
  CHECK_FALSE(connection.socket().is_send_shut_down());
  const std::string close = client_close(1002, "as you say");
  SECTION("in one piece") { connection.socket().deliver("more" + close); }
  SECTION("in pieces") {
    for (const char byte : close) {
      connection.socket().deliver({byte});
      connection.reader().await_blocked();
    }
  }
  await("our stream to end", [&] { return connection.socket().is_send_shut_down(); });
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason().code == close_code::kProtocolError);
}

// -- Pongs ----------------------------------------------------------------------------------------

TEST_CASE("a ping that came before a message was complete is answered before its echo",
          "[connection][pings]") {
  FakeConnection connection(echo);
  const auto fragment = [](bool first, bool last) {
    return client_frame(first ? 1 : 0, "x", last);
  };
  connection.socket().deliver(fragment(true, false) + fragment(false, false) +
                              client_frame(Opcode::ping, "A"));
  connection.socket().await_sent(server_frame(Opcode::pong, "A"));
  await_blocked("write-1");
  connection.socket().deliver(fragment(false, false) + client_frame(Opcode::ping, "B") +
                              fragment(false, true));
  connection.socket().await_sent(server_frame(Opcode::text, "xxxx"));
  CHECK(connection.socket().sent() == server_frame(Opcode::pong, "A") +
                                          server_frame(Opcode::pong, "B") +
                                          server_frame(Opcode::text, "xxxx"));
}

TEST_CASE("each pong answers its ping and all before it", "[connection][pings]") {
  FakeConnection connection(echo);
  for (int i = 0; i < 3; ++i) connection->ping();
  connection.socket().await_sent(server_frame(Opcode::ping, "3"));
  connection.socket().deliver(client_frame(Opcode::pong, "2"));
  await("a round trip", [&] { return connection->round_trip().has_value(); });
  const auto second = connection->round_trip();
  connection.socket().deliver(client_frame(Opcode::pong, "1"));  // answered by the one to "2"
  connection.reader().await_blocked();
  CHECK(connection->round_trip() == second);
  connection.socket().deliver(client_frame(Opcode::pong, "3"));
  connection.reader().await_blocked();
  CHECK(connection->round_trip() > second);
}

TEST_CASE("a reset behind the peer's Close is found though the processor has work to do",
          "[connection][endings]") {
  Options options = patient_options();
  options.close_timeout = milliseconds(20);  // how often it looks
  FakeConnection connection(
      [](Connection& self) {
        self.write(Message::text("a reply that never arrives"));
        self.read();
        self.over().wait();  // while it has that in hand
      },
      options);
  connection.socket().acknowledge(0);
  connection.socket().deliver(client_frame(Opcode::text, "1") + testing::client_close(1000));
  await("the ending to begin", [&] { return connection->ending().fired(); });
  connection.socket().break_off();
  connection.await_end();
  CHECK(connection.reason().text == "the peer has reset the connection");
}

}  // namespace
}  // namespace triloop
