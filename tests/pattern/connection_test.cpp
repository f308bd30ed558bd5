// The three loops over a socket that the test controls: what frees each wait, and each ending.
// One test for each row of the table "blocks on / freed by / deadline" in docs/architecture.md.
#include "triloop/connection.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "pattern/helpers.h"
#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/test_client.h"
#include "websocket/deflate.h"
#include "websocket/protocol.h"

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
using testing::server_close;
using testing::server_frame;

// -- Messages -------------------------------------------------------------------------------------

TEST_CASE("a message goes through reader, processor and writer", "[connection]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::text, "hello"));
  connection.socket().await_sent(server_frame(Opcode::text, "hello"));
  CHECK_FALSE(connection.socket().was_shared());
}

TEST_CASE("frames that come right behind the request are not lost", "[connection]") {
  FakeConnection connection(echo, patient_options(), client_frame(Opcode::text, "early"));
  connection.socket().await_sent(server_frame(Opcode::text, "early"));
}

TEST_CASE("a large message is received into the memory of one that was sent", "[connection]") {
  std::vector<const char*> places;
  FakeConnection connection([&](Connection& self) {
    while (auto message = self.read()) {
      places.push_back(message->data.data());
      self.write(std::move(*message));
    }
  });
  for (int i = 1; i <= 4; ++i) {
    const std::string text = std::to_string(i) + std::string(100'000, 'x');
    connection.socket().deliver(client_frame(Opcode::text, text));
    connection.socket().await_sent(text);
    testing::await_standstill();  // the writer has given its memory back
    CHECK(connection->snapshot().kept_bytes >= text.size());
  }
  connection.socket().deliver(client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  REQUIRE(places.size() == 4);
  CHECK(std::equal(places.begin() + 1, places.end(), places.begin()));
}

TEST_CASE("a connection reads in a range-for", "[connection]") {
  std::string seen;
  FakeConnection connection([&](Connection& self) {
    for (const Message& message : self) seen += message.data;
  });
  connection.socket().deliver(client_frame(Opcode::text, "a") + client_frame(Opcode::text, "b") +
                              client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(seen == "ab");
}

TEST_CASE("a text message that is not UTF-8 is refused with an exception", "[connection]") {
  std::string error;
  bool binary_passes = false;
  FakeConnection connection([&](Connection& self) {
    try {
      self.write(Message::text("\xff"));
    } catch (const std::invalid_argument& bad) {
      error = bad.what();
    }
    binary_passes = self.write(Message::binary("\xff"));
  });
  connection.socket().await_sent(server_close(1000, ""));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(error.find("UTF-8") != std::string::npos);
  CHECK(binary_passes);
}

TEST_CASE("a close that RFC 6455 does not allow is refused with an exception", "[connection]") {
  FakeConnection connection(echo);
  CHECK_THROWS_AS(connection->close(1005), std::invalid_argument);
  CHECK_THROWS_AS(connection->close(1006), std::invalid_argument);
  CHECK_THROWS_AS(connection->close(999), std::invalid_argument);
  CHECK_THROWS_AS(connection->close(1000, std::string(124, 'x')), std::invalid_argument);
  CHECK_THROWS_AS(connection->close(1000, "\xff"), std::invalid_argument);
  CHECK_FALSE(connection->over().fired());
  connection->close(1000, std::string(123, 'x'));
  connection.socket().await_sent(std::string(123, 'x'));
}

// -- Pings ----------------------------------------------------------------------------------------

TEST_CASE("every ping of a burst gets its pong, in order", "[connection]") {
  FakeConnection connection(echo);
  std::string pings, pongs;
  for (int i = 0; i < 60; ++i) {
    pings += client_frame(Opcode::ping, std::to_string(i));
    pongs += server_frame(Opcode::pong, std::to_string(i));
  }
  connection.socket().deliver(pings);
  connection.socket().await_sent(pongs);
}

TEST_CASE("a pong passes replies that wait behind a full out-queue", "[connection]") {
  Options options = patient_options();
  options.queue_messages = 1;
  FakeConnection connection(
      [](Connection& self) {
        self.read();
        while (self.write(Message::text("reply"))) {
        }
      },
      options);
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "go"));
  await_blocked("proc-1");  // one reply in the writer's hand, one in the queue, one waiting
  connection.socket().deliver(client_frame(Opcode::ping, "still there?"));
  connection.reader().await_blocked();
  const std::string reply = server_frame(Opcode::text, "reply");
  connection.socket().take(SIZE_MAX);
  connection.socket().await_sent(reply + server_frame(Opcode::pong, "still there?") + reply);
}

// -- What the reader blocks on --------------------------------------------------------------------

TEST_CASE("reader on the socket: freed by the latch", "[connection][blocks]") {
  FakeConnection connection(echo);
  connection.reader().await_blocked();
  connection->abort();
  connection.await_end();
  CHECK(connection.socket().is_shut_down());
}

TEST_CASE("reader on the socket: freed by an error, which closes the connection",
          "[connection][blocks]") {
  FakeConnection connection(echo);
  connection.reader().await_blocked();
  connection.socket().fail_receives(std::errc::connection_reset);
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::network);
  CHECK(connection.reason().code == close_code::kAbnormal);
}

// A connection whose processor reads nothing and whose reader therefore waits for room.
struct FullInQueue {
  Gate gate;
  std::vector<std::string> seen;
  FakeConnection connection;

  explicit FullInQueue(Options options = one_message())
      : connection(
            [this](Connection& self) {
              gate.wait();
              while (auto message = self.read()) seen.push_back(message->data);
            },
            options) {
    for (const char* text : {"1", "2", "3"}) {
      connection.socket().deliver(client_frame(Opcode::text, text));
    }
    connection.reader().await_blocked();
  }
  ~FullInQueue() { gate.open(); }
  FullInQueue(const FullInQueue&) = delete;
  FullInQueue& operator=(const FullInQueue&) = delete;

  static Options one_message() {
    Options options = patient_options();
    options.queue_messages = 1;
    return options;
  }
};

TEST_CASE("reader on a full in-queue: freed by the processor, and nothing is lost",
          "[connection][blocks]") {
  FullInQueue full;
  full.connection.socket().deliver(client_close(1000));
  full.gate.open();
  full.connection.socket().await_sent(server_close(1000, ""));
  full.connection.socket().end_stream();
  full.connection.await_end();
  CHECK(full.seen == std::vector<std::string>{"1", "2", "3"});
}

TEST_CASE("reader on a full in-queue: freed by the latch, which discards the queue",
          "[connection][blocks]") {
  FullInQueue full;
  full.connection->abort("enough");
  full.gate.open();
  full.connection.await_end();
  CHECK(full.seen.empty());
  CHECK(full.connection.reason().text == "enough");
}

TEST_CASE("reader on a full in-queue: freed by close(), and what is queued is still read",
          "[connection][blocks]") {
  FullInQueue full;
  full.connection->close(1000, "enough");
  full.connection.reader().await_blocked();  // on the socket now
  full.gate.open();
  full.connection.socket().await_sent(server_close(1000, "enough"));
  full.connection.socket().end_stream();
  full.connection.await_end();
  CHECK(full.seen == std::vector<std::string>{"1"});
}

TEST_CASE("reader on a full in-queue: freed by the processor's return", "[connection][blocks]") {
  Gate gate;
  FakeConnection connection([&](Connection&) { gate.wait(); }, FullInQueue::one_message());
  for (const char* text : {"1", "2"}) {
    connection.socket().deliver(client_frame(Opcode::text, text));
  }
  connection.reader().await_blocked();
  gate.open();
  connection.socket().await_sent(server_close(1000, ""));
  connection.socket().end_stream();
  connection.await_end();
}

TEST_CASE("the in-queue is bounded in bytes, too", "[connection][blocks]") {
  Options options = patient_options();
  options.queue_bytes = 10;
  FullInQueue full(options);
  full.connection.socket().deliver(client_frame(Opcode::text, std::string(8, 'a')));
  full.connection.reader().await_blocked();
  full.connection.socket().deliver(client_frame(Opcode::ping, "not seen while waiting"));
  full.connection.reader().await_blocked();
  CHECK(full.connection.socket().sent().empty());
  full.gate.open();
  full.connection.socket().await_sent("not seen while waiting");
}

TEST_CASE("the reader's batch is bounded in bytes of what a message expands to",
          "[connection][blocks]") {
  Gate gate;
  Options options = patient_options();
  options.compress = true;
  options.queue_bytes = 1000;
  FakeConnection connection(
      [&](Connection& self) {
        gate.wait();
        while (self.read()) continue;
      },
      options);
  DeflateParameters smallest;
  smallest.level = 9;
  Deflater deflater(smallest);
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    std::string message(200'000, 'x');  // some 200 bytes on the wire
    deflater.compress(message);
    std::string frame = client_frame(Opcode::binary, message);
    frame[0] = static_cast<char>(frame[0] | 0x40);  // RSV1: it is compressed
    bytes += frame;
  }
  REQUIRE(bytes.size() < 2000);
  connection.socket().deliver(bytes + client_frame(Opcode::ping, "behind them"));
  connection.reader().await_blocked();
  CHECK(connection.socket().count_sent("behind them") == 0);  // the second already waits
  gate.open();
  connection.socket().await_sent("behind them");
}

// -- What the processor blocks on -----------------------------------------------------------------

TEST_CASE("processor in read(): freed by the latch", "[connection][blocks]") {
  FakeConnection connection(echo);
  await_blocked("proc-1");
  connection->abort();
  connection.await_end();
}

TEST_CASE("processor in read(): freed by close()", "[connection][blocks]") {
  FakeConnection connection(echo);
  await_blocked("proc-1");
  connection->close(1000, "done");
  connection.socket().await_sent(server_close(1000, "done"));
  connection.socket().end_stream();
  connection.await_end();
}

// A connection whose peer takes nothing and whose processor therefore waits for room.
struct FullOutQueue {
  Gate gate;
  std::atomic<int> taken{0};
  FakeConnection connection;

  FullOutQueue()
      : connection(
            [this](Connection& self) {
              gate.wait();
              while (self.write(Message::text("x"))) ++taken;
            },
            FullInQueue::one_message()) {
    connection.socket().take(0);
    gate.open();
    await("two replies to be taken", [this] { return taken == 2; });
    await_blocked("proc-1");
  }
};

TEST_CASE("processor in write(): freed by the writer", "[connection][blocks]") {
  FullOutQueue full;
  full.connection.socket().take(3);  // one frame
  await("one more reply to be taken", [&] { return full.taken == 3; });
  await_blocked("proc-1");
  CHECK(full.taken == 3);
}

TEST_CASE("processor in write(): freed by the latch, and write says false",
          "[connection][blocks]") {
  FullOutQueue full;
  full.connection->abort();
  full.connection.await_end();
  CHECK(full.taken == 2);
}

TEST_CASE("a processor that never returns does not keep the writer and the socket",
          "[connection][blocks]") {
  Gate gate;
  FakeConnection connection([&](Connection&) { gate.wait(); });
  connection->abort();
  await("the writer to be gone", [] { return testing::threads_named("write-1").empty(); });
  CHECK(connection.socket().is_shut_down());
  CHECK_FALSE(connection.reader().is_done());  // it joins the processor
  gate.open();
  connection.await_end();
}

// -- What the writer blocks on --------------------------------------------------------------------

TEST_CASE("writer on an empty out-queue: freed by the latch", "[connection][blocks]") {
  FakeConnection connection(echo);
  await_blocked("write-1");
  connection->abort();
  connection.await_end();
}

TEST_CASE("writer on an empty out-queue: freed for each heartbeat", "[connection][blocks]") {
  Options options = patient_options();
  options.heartbeat = milliseconds(10);
  FakeConnection connection(echo, options);
  const std::string beat = server_frame(Opcode::text, "heartbeat from server");
  connection.socket().await_sent(beat + beat + beat);
}

TEST_CASE("writer on a peer that takes nothing: freed by the latch", "[connection][blocks]") {
  FullOutQueue full;
  await_blocked("write-1");
  full.connection->abort("enough");
  full.connection.await_end();
  CHECK(full.connection.reason().text == "enough");
}

TEST_CASE("writer on a peer that takes nothing: gives up after the write timeout",
          "[connection][blocks]") {
  Options options = patient_options();
  options.write_timeout = milliseconds(50);
  Gate gate;
  FakeConnection connection(
      [&](Connection& self) {
        gate.wait();
        self.write(Message::text("x"));
        self.over().wait();
      },
      options);
  connection.socket().take(0);
  const TimePoint start = Clock::now();
  gate.open();
  connection.await_end();
  CHECK(Clock::now() - start >= milliseconds(50));
  CHECK(connection.reason().by == ClosedBy::network);
  CHECK(connection.reason().text == "the peer stopped reading");
}

TEST_CASE("a slow peer that takes a byte now and then is not given up", "[connection][blocks]") {
  // Longer in all than the write timeout, but never that long without a byte.
  constexpr milliseconds kGap{400};
  Options options = patient_options();
  options.write_timeout = 4 * kGap;
  FakeConnection connection(echo, options);
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "slowly"));
  for (int i = 0; i < 8; ++i) {
    CHECK_FALSE(connection->over().wait_until(Clock::now() + kGap));
    connection.socket().take(1);
  }
  connection.socket().await_sent(server_frame(Opcode::text, "slowly"));
}

TEST_CASE("a send error in the writer closes the connection", "[connection][blocks]") {
  FakeConnection connection(echo);
  connection.socket().fail_sends(std::errc::broken_pipe);
  connection.socket().deliver(client_frame(Opcode::text, "x"));
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::network);
}

TEST_CASE("a heartbeat that cannot be sent closes the connection", "[connection][blocks]") {
  Options options = patient_options();
  options.heartbeat = milliseconds(10);
  FakeConnection connection(echo, options);
  connection.socket().fail_sends(std::errc::broken_pipe);
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::network);
}

TEST_CASE("writer on an empty out-queue: freed for each ping", "[connection][blocks]") {
  Options options = patient_options();
  options.ping_interval = milliseconds(10);
  FakeConnection connection(echo, options);
  connection.socket().await_sent(server_frame(Opcode::ping, "1") + server_frame(Opcode::ping, "2") +
                                 server_frame(Opcode::ping, "3"));
}

// -- Endings --------------------------------------------------------------------------------------

TEST_CASE("peer closes: what it sent before is processed, then it gets its Close back",
          "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2") +
                              client_close(3001, "bye"));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.socket().sent() == server_frame(Opcode::text, "1") +
                                          server_frame(Opcode::text, "2") +
                                          server_close(3001, "bye"));
  CHECK(connection.reason() == CloseReason{ClosedBy::peer, 3001, "bye"});
}

TEST_CASE("peer closes without a code: so do we", "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::close, ""));
  connection.socket().await_sent(server_frame(Opcode::close, ""));
  connection.socket().end_stream();
  connection.await_end();
}

// It has said its only Close, and waits for the server to end the stream.
TEST_CASE("a Close that breaks the protocol is the peer's last word, too",
          "[connection][endings]") {
  const std::string unmasked{static_cast<char>(0x88), 0};
  std::string in_two_pieces = client_close(1000);
  in_two_pieces[0] = 0x08;  // without FIN
  for (const std::string& close : {client_close(999), client_frame(Opcode::close, "x"),
                                   client_close(1000, "\xff"), unmasked, in_two_pieces}) {
    INFO(Catch::StringMaker<std::string>::convert(close));
    FakeConnection connection(echo);
    connection.socket().deliver(close);
    await("the end of the server's stream",
          [&] { return connection.socket().is_send_shut_down(); });
    CHECK_FALSE(connection->over().fired());
    connection.socket().end_stream();
    connection.await_end();
    CHECK(connection.reason().by == ClosedBy::peer);
  }
}

TEST_CASE("what a peer sends after its Close is discarded", "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_close(1000) + client_frame(Opcode::text, "after"));
  connection.socket().await_sent(server_close(1000, ""));
  connection.socket().deliver(client_frame(Opcode::text, "later"));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.socket().sent() == server_close(1000, ""));
}

TEST_CASE("peer breaks the protocol: it gets the code, after the replies to what was good",
          "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::text, "good") + client_frame(3, "bad"));
  connection.socket().await_sent(server_frame(Opcode::text, "good") + "\x88");
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::peer);
  CHECK(connection.reason().code == close_code::kProtocolError);
}

TEST_CASE("peer vanishes: the stream ends without a Close", "[connection][endings]") {
  FakeConnection connection(echo);
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::network);
  CHECK(connection.reason().code == close_code::kAbnormal);
}

TEST_CASE("processor returns: replies are sent, then 1000", "[connection][endings]") {
  FakeConnection connection([](Connection& self) { self.write(Message::text("last")); });
  connection.socket().await_sent(server_frame(Opcode::text, "last") + server_close(1000, ""));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason() == CloseReason{ClosedBy::processor, 1000, ""});
}

TEST_CASE("processor throws: replies are sent, then 1011", "[connection][endings]") {
  Processor processor;
  SECTION("an exception") {
    processor = [](Connection& self) {
      self.write(Message::text("last"));
      throw std::runtime_error("mine");
    };
  }
  SECTION("something else") {
    processor = [](Connection& self) {
      self.write(Message::text("last"));
      throw 42;
    };
  }
  FakeConnection connection(processor);
  connection.socket().await_sent(server_frame(Opcode::text, "last") + server_close(1011, ""));
  connection.socket().deliver(client_close(1011));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::processor);
}

TEST_CASE("close() from the processor: the rest is processed, then the code",
          "[connection][endings]") {
  Gate gate;
  FakeConnection connection([&](Connection& self) {
    gate.wait();
    self.close(4000, "mine");
    echo(self);
  });
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2"));
  connection.reader().await_blocked();  // both are queued
  gate.open();
  connection.socket().await_sent(server_frame(Opcode::text, "1") + server_frame(Opcode::text, "2") +
                                 server_close(4000, "mine"));
  connection.socket().end_stream();
  connection.await_end();
}

TEST_CASE("what arrives after close() is not processed", "[connection][endings]") {
  FakeConnection connection(echo);
  connection->close();
  connection.socket().deliver(client_frame(Opcode::text, "too late"));
  connection.socket().await_sent(server_close(1000, ""));
  connection.socket().deliver(client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(connection.socket().sent() == server_close(1000, ""));
}

TEST_CASE("close() from two threads at once takes effect once", "[connection][endings]") {
  for (int round = 0; round < 50; ++round) {
    FakeConnection connection(echo);
    {
      testing::Worker a([&] { connection->close(4001, "a"); });
      testing::Worker b([&] { connection->close(4002, "b"); });
    }
    connection.socket().await_sent("\x88\x03\x0f");  // a Close frame of three bytes, 0x0fa1 or 2
    connection.socket().deliver(client_close(1000));
    connection.socket().end_stream();
    connection.await_end();
    const std::string frames = connection.socket().sent();
    REQUIRE((frames == server_close(4001, "a") || frames == server_close(4002, "b")));
    REQUIRE(frames == server_close(connection.reason().code, connection.reason().text));
  }
}

TEST_CASE("close() of both sides at once ends cleanly", "[connection][endings]") {
  for (int round = 0; round < 50; ++round) {
    FakeConnection connection(echo);
    {
      testing::Worker ours([&] { connection->close(4001, "ours"); });
      connection.socket().deliver(client_close(4002, "theirs"));
    }
    await("a Close frame", [&] { return !connection.socket().sent().empty(); });
    connection.socket().end_stream();
    connection.await_end();
    const std::string frames = connection.socket().sent();
    REQUIRE((frames == server_close(4001, "ours") || frames == server_close(4002, "theirs")));
    REQUIRE(connection.reason().by != ClosedBy::network);
  }
}

TEST_CASE("a peer that has closed its direction only still gets the replies of a drain",
          "[connection][endings]") {
  FakeConnection connection([](Connection& self) {
    self.read();
    for (int i = 0; i < 3; ++i) self.write(Message::text("reply"));
  });
  const std::string reply = server_frame(Opcode::text, "reply");
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "go"));
  await("the drain to begin", [&] { return connection->ending().fired(); });
  connection.socket().end_stream();
  connection.reader().await_blocked();
  connection.socket().take(SIZE_MAX);
  connection.await_end();
  CHECK(connection.socket().sent() == reply + reply + reply + server_close(1000, ""));
}

TEST_CASE("an abort while the processor returns never sends its reason to the peer",
          "[connection][endings]") {
  for (int round = 0; round < 200; ++round) {
    Gate gate;
    FakeConnection connection([&](Connection&) { gate.wait(); });
    testing::Worker aborts([&] {
      gate.open();
      connection->abort("private");
    });
    connection.await_end();
    const std::string frames = connection.socket().sent();
    REQUIRE((frames.empty() || frames == server_close(1000, "")));
  }
}

TEST_CASE("ending() tells a processor in a long computation that an ending has begun",
          "[connection][endings]") {
  FakeConnection connection([](Connection& self) {
    while (!self.ending().fired()) {
    }
    self.write(Message::text("finished up"));
  });
  connection.socket().deliver(client_close(1000));
  connection.socket().await_sent(server_frame(Opcode::text, "finished up") +
                                 server_close(1000, ""));
}

TEST_CASE("no thread for writer or processor: the connection ends and nothing is left",
          "[connection][endings]") {
  Options options = patient_options();
  options.stack_bytes = std::size_t{1} << 46;
  FakeConnection connection(echo, options);
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::server);
  CHECK(connection.reason().code == close_code::kTryAgainLater);
}

TEST_CASE("abort() ends at once, without a Close frame, and the first reason stays",
          "[connection][endings]") {
  FakeConnection connection(echo);
  connection->abort("first");
  connection->abort("second");
  connection->close(1000, "third");
  connection.await_end();
  CHECK(connection.socket().sent().empty());
  CHECK(connection.reason().text == "first");
}

TEST_CASE("after abort() has returned read gives nothing and write says false",
          "[connection][endings]") {
  std::optional<Message> got = Message{};
  bool written = true;
  FakeConnection connection([&](Connection& self) {
    self.read();  // the first of two
    self.abort();
    got = self.read();
    written = self.write(Message::text("x"));
  });
  connection.socket().deliver(client_frame(Opcode::text, "1") + client_frame(Opcode::text, "2"));
  connection.await_end();
  CHECK(got == std::nullopt);
  CHECK_FALSE(written);
}

TEST_CASE("a heartbeat that is due while the connection closes does no harm",
          "[connection][endings]") {
  for (int round = 0; round < 30; ++round) {
    Options options = patient_options();
    options.heartbeat = milliseconds(1);
    FakeConnection connection(echo, options);
    connection.socket().await_sent("heartbeat");
    connection.socket().deliver(client_close(1000));
    connection.socket().await_sent(server_close(1000, ""));
    connection.socket().end_stream();
    connection.await_end();
    const std::string frames = connection.socket().sent();
    REQUIRE(frames.substr(frames.size() - 4) == server_close(1000, ""));
  }
}

TEST_CASE("no thread is left when a connection has ended", "[connection][endings]") {
  const std::size_t before = testing::thread_count();
  {
    FakeConnection connection(echo);
    await("reader, processor, writer", [&] { return testing::thread_count() == before + 3; });
    connection->abort();
    connection.await_end();
    await("the threads to be gone", [&] { return testing::thread_count() <= before + 1; });
  }
  CHECK(testing::thread_count() == before);
}

}  // namespace
}  // namespace triloop
