// What a processor may call besides read(), write() and close().
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "triloop/handle.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::FakeConnection;
using testing::patient_options;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

constexpr milliseconds kLong = testing::kFailSafe;

Options narrow() {
  Options options = patient_options();
  options.queue_messages = 1;
  return options;
}

// -- Reading with a timeout -----------------------------------------------------------------------

TEST_CASE("read_for: a timeout loses nothing, and the connection stays usable", "[processor]") {
  ReadResult first{}, second{}, third{};
  std::string got;
  Latch timed_out;
  FakeConnection connection([&](Connection& self) {
    Message message;
    first = self.read_for(message, milliseconds(1));
    timed_out.fire({});
    second = self.read_for(message, kLong);
    got = message.data;
    self.write(std::move(message));
    third = self.read_for(message, kLong);
  });
  timed_out.wait();
  connection.socket().deliver(client_frame(Opcode::text, "late") + client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(first == ReadResult::kTimeout);
  CHECK(second == ReadResult::kMessage);
  CHECK(got == "late");
  CHECK(third == ReadResult::kEnd);
  CHECK(connection.socket().count_sent("late") == 1);
}

TEST_CASE("try_read: what is there, or nothing, or the end", "[processor]") {
  ReadResult none{}, one{}, end{};
  FakeConnection connection([&](Connection& self) {
    Message message;
    none = self.try_read(message);
    self.write(Message::text("go on"));
    self.ending().wait();  // the peer's message, and its Close, are here
    one = self.try_read(message);
    self.read();  // the latch fires before the queue is closed; this waits for that
    end = self.try_read(message);
  });
  connection.socket().await_sent("go on");
  connection.socket().deliver(client_frame(Opcode::text, "x") + client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(none == ReadResult::kTimeout);
  CHECK(one == ReadResult::kMessage);
  CHECK(end == ReadResult::kEnd);
}

TEST_CASE("read_for: a timeout too long for the clock is none", "[processor]") {
  ReadResult result{};
  FakeConnection connection([&](Connection& self) {
    Message message;
    result = self.read_for(message, milliseconds::max());
  });
  await_standstill();
  connection.socket().deliver(client_frame(Opcode::text, "x"));
  await("the processor", [&] { return connection->ending().fired(); });
  connection.socket().end_stream();
  connection.await_end();
  CHECK(result == ReadResult::kMessage);
}

// -- Writing with a timeout -----------------------------------------------------------------------

TEST_CASE("write_for and try_write: no room in time leaves the message with its owner",
          "[processor]") {
  WriteResult tried{}, timed{};
  std::string left;
  FakeConnection connection(
      [&](Connection& self) {
        self.read();  // the peer takes nothing from now on
        Message message;
        do {  // until the writer is stuck, and the queue behind it is full
          message = Message::text("fills the queue");
          timed = self.write_for(message, milliseconds(1));
        } while (timed == WriteResult::kQueued);
        tried = self.try_write(message);
        left = message.data;
      },
      narrow());
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "go"));
  await("the processor", [&] { return connection->ending().fired(); });
  CHECK(tried == WriteResult::kTimeout);
  CHECK(timed == WriteResult::kTimeout);
  CHECK(left == "fills the queue");
}

TEST_CASE("write_for: room that comes in time is used, after the end it says so", "[processor]") {
  WriteResult in_time{}, over{};
  FakeConnection connection(
      [&](Connection& self) {
        self.read();
        Message message = Message::text("one");
        while (self.try_write(message) == WriteResult::kQueued) message = Message::text("one");
        in_time = self.write_for(message, kLong);
        self.over().wait();  // fires a moment before the queue is closed
        do {
          over = self.try_write(message);
        } while (over != WriteResult::kOver);
      },
      narrow());
  connection.socket().take(0);
  connection.socket().deliver(client_frame(Opcode::text, "go"));
  await_standstill();
  connection.socket().take(SIZE_MAX);
  connection.socket().await_sent("one");
  await_standstill();
  connection->abort();
  connection.await_end();
  CHECK(in_time == WriteResult::kQueued);
  CHECK(over == WriteResult::kOver);
}

TEST_CASE("write_for: a text that is not UTF-8 is refused with an exception", "[processor]") {
  bool refused = false;
  std::string left;
  FakeConnection connection([&](Connection& self) {
    Message message = Message::text("\xff");
    try {
      self.try_write(message);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    left = message.data;
  });
  await("the processor", [&] { return connection->ending().fired(); });
  connection.socket().end_stream();
  connection.await_end();
  CHECK(refused);
  CHECK(left == "\xff");
}

// -- Pings ----------------------------------------------------------------------------------------

TEST_CASE("ping: the pong to the last one tells the round trip, another pong does not",
          "[processor]") {
  FakeConnection connection([](Connection& self) { self.read(); });
  CHECK_FALSE(connection->round_trip());
  connection.socket().deliver(client_frame(Opcode::pong, "1"));  // nobody has asked
  await_standstill();
  CHECK_FALSE(connection->round_trip());

  connection->ping();
  connection.socket().await_sent(std::string("\x89\x01") + "1");
  connection.socket().deliver(client_frame(Opcode::pong, "7"));
  await_standstill();
  CHECK_FALSE(connection->round_trip());
  connection.socket().deliver(client_frame(Opcode::pong, "1"));
  await_standstill();
  REQUIRE(connection->round_trip());
  CHECK(connection->round_trip()->count() > 0);
}

// -- State ----------------------------------------------------------------------------------------

TEST_CASE("state: made when it is first asked for, kept, and gone with the processor",
          "[processor]") {
  static int alive;
  alive = 0;
  struct Mine {
    Mine() { ++alive; }
    ~Mine() { --alive; }
    int count = 0;
  };
  int seen = 0;
  bool refused = false;
  {
    FakeConnection connection([&](Connection& self) {
      self.state<Mine>().count = 3;
      seen = self.state<Mine>().count;
      try {
        self.state<int>();
      } catch (const std::logic_error&) {
        refused = true;
      }
    });
    await("the processor", [&] { return connection->ending().fired(); });
    connection.socket().end_stream();
    connection.await_end();
    CHECK(alive == 0);
  }
  CHECK(alive == 0);
  CHECK(seen == 3);
  CHECK(refused);
}

TEST_CASE("state: goes when the processor has returned, on its thread", "[processor]") {
  static std::thread::id made_on, gone_on;
  struct Mine {
    Mine() { made_on = std::this_thread::get_id(); }
    ~Mine() { gone_on = std::this_thread::get_id(); }
  };
  gone_on = {};
  FakeConnection connection([&](Connection& self) { self.state<Mine>(); });
  connection.socket().deliver(testing::client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
  CHECK(gone_on == made_on);  // the connection itself is still there
}

// It may have a thread to join that works until the ending.
TEST_CASE("state: its destructor may wait for the ending", "[processor]") {
  struct Waits {
    const Latch* ending = nullptr;
    ~Waits() { ending->wait(); }
  };
  FakeConnection connection([](Connection& self) { self.state<Waits>().ending = &self.ending(); });
  connection.socket().await_sent("\x88\x02\x03\xe8");
  connection.socket().deliver(testing::client_close(1000));
  connection.socket().end_stream();
  connection.await_end();
}

// -- The queues' fill -----------------------------------------------------------------------------

TEST_CASE("snapshot: a processor can ask how full its own queues are", "[processor][observed]") {
  QueueSnapshot in{}, out{};
  FakeConnection connection(
      [&](Connection& self) {
        self.ending().wait();  // three messages and the Close have come
        in = self.snapshot().in_queue;
        self.write(Message::text("in the writer's hand"));
        await("the writer", [&] { return self.snapshot().writer.doing == Doing::writing_socket; });
        Message message = Message::text("reply");
        while (self.try_write(message) == WriteResult::kQueued) message = Message::text("reply");
        out = self.snapshot().out_queue;
      },
      [] {
        Options options = patient_options();
        options.queue_messages = 4;
        return options;
      }());
  connection.socket().take(0);
  std::string bytes;
  for (int i = 0; i < 3; ++i) bytes += client_frame(Opcode::text, "xyz");
  connection.socket().deliver(bytes + client_close(1000));
  await("the processor", [&] { return connection->snapshot().processor.doing == Doing::ended; });
  CHECK(in.items == 3);
  CHECK(in.bytes == 9);
  CHECK(in.bounds.items == 4);
  CHECK(out.items == 4);
  CHECK(out.bytes == 20);
  connection->abort();
  connection.await_end();
}

// -- Handles --------------------------------------------------------------------------------------

TEST_CASE("handle: reaches the connection while it lives, and says so when it is over",
          "[processor]") {
  Mutex mutex;
  ConnectionHandle kept;
  RunningServer server([&](Connection& self) {
    {
      const MutexLock lock(mutex);
      kept = self.handle();
    }
    self.write(Message::text("ready"));
    while (self.read()) {
    }
  });
  const auto handle = [&] {
    const MutexLock lock(mutex);
    return kept;
  };
  {
    TestClient client(server.port());
    client.open();
    CHECK(client.next_text() == "ready");
    CHECK(handle().id() == 1);
    CHECK_FALSE(handle().is_over());
    CHECK(handle().write(Message::text("from outside")));
    CHECK(client.next_text() == "from outside");
    handle().close(4001, "from outside, too");
    CHECK(client.frames_to_end().back().close_code() == 4001);
  }
  await("the end", [&] { return handle().is_over(); });
  CHECK_FALSE(handle().write(Message::text("too late")));
  Message message = Message::text("mine");
  CHECK(handle().try_write(message) == WriteResult::kOver);
  CHECK(message.data == "mine");
  handle().close();
  handle().abort();
}

// An abort fires the latch first, and closes the queues behind it. Between the two it copies its
// reason: one so long that the test has time to write there.
TEST_CASE("handle: who has seen that it is over has no write taken", "[processor]") {
  const std::string long_reason(std::size_t{16} << 20, 'x');
  for (int i = 0; i < 10; ++i) {
    Latch given;
    ConnectionHandle handle;
    RunningServer server([&](Connection& self) {
      handle = self.handle();
      given.fire({});
      self.over().wait();
    });
    TestClient client(server.port());
    client.open();
    given.wait();
    const testing::Worker aborts([&] { handle.abort(long_reason); });
    await("the latch", [&] { return handle.is_over(); });
    Message message = Message::text("late");
    CHECK(handle.try_write(message) == WriteResult::kOver);
    CHECK(message.data == "late");
    CHECK(handle.write_for(message, kLong) == WriteResult::kOver);
    CHECK_FALSE(handle.write(message));
  }
}

TEST_CASE("handle: one that refers to nothing is over", "[processor]") {
  const ConnectionHandle none;
  CHECK(none.is_over());
  CHECK(none.id() == 0);
  CHECK_FALSE(none.write(Message::text("x")));
}

TEST_CASE("handle: a write that waits for room is freed when the connection ends", "[processor]") {
  Latch filled;
  ConnectionHandle kept;
  Options options = quiet_options();
  options.queue_messages = 1;
  RunningServer server(
      [&](Connection& self) {
        kept = self.handle();
        filled.fire({});
        self.read();
      },
      options);
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  filled.wait();
  Atomic<bool> over{false};
  const Thread writer("outside", [&] {
    while (kept.write(Message::binary(std::string(1 << 20, 'x')))) {
    }
    over.store(true);
  });
  testing::await_blocked("outside");
  CHECK_FALSE(over.load());
  client.reset();
  await("the write to return", [&] { return over.load(); });
}

// -- Options of a path ----------------------------------------------------------------------------

// A server with two paths: /mine has options of its own, /ws the server's.
class TwoPaths {
 public:
  explicit TwoPaths(const std::function<void(PathOptions&)>& change,
                    const Processor& processor = testing::plain_echo)
      : server_(quiet_options()) {
    PathOptions mine = quiet_options();
    change(mine);
    server_.handle("/mine", processor, {}, mine);
    server_.handle("/ws", processor);
    thread_ = Thread("accept", [this] { server_.run(); });
  }
  ~TwoPaths() { server_.stop(); }
  std::uint16_t port() const { return server_.port(); }
  QueueSnapshot in_queue(const std::string& path) const { return one(path).in_queue; }
  QueueSnapshot out_queue(const std::string& path) const { return one(path).out_queue; }

 private:
  ConnectionSnapshot one(const std::string& path) const {
    for (const auto& each : server_.snapshot().connections) {
      if (each.path == path) return each;
    }
    return {};  // not yet
  }
  Server server_;
  Thread thread_;
};

TEST_CASE("options of a path: heartbeat", "[path_options]") {
  TwoPaths server([](PathOptions& mine) { mine.heartbeat = milliseconds(1); });
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  for (int i = 0; i < 3; ++i) CHECK(mine.next_text() == "heartbeat from server");
  other.send_text("x");
  CHECK(other.next_text() == "x");
}

TEST_CASE("options of a path: ping_interval and pong_timeout", "[path_options][observed]") {
  const testing::LogCapture log;
  TwoPaths server([](PathOptions& mine) {
    mine.ping_interval = milliseconds(1);
    mine.pong_timeout = milliseconds(100);
  });
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  const TimePoint start = Clock::now();
  const auto frames = mine.frames_to_end();
  CHECK(Clock::now() - start < Options().pong_timeout);
  REQUIRE_FALSE(frames.empty());
  for (const auto& frame : frames) CHECK(frame.is(Opcode::ping));
  log.await("[1] closed by network, 1006 \"the peer is silent\"");
  other.send_text("x");
  CHECK(other.next_text() == "x");
}

TEST_CASE("options of a path: allowed_origins", "[path_options]") {
  TwoPaths server([](PathOptions& mine) { mine.allowed_origins = {"https://mine.example"}; });
  const auto status = [&](const std::string& path, const std::string& origin) {
    TestClient client(server.port());
    const std::string request = testing::upgrade_request(path, "Origin: " + origin + "\r\n");
    return client.request(request).substr(9, 3);
  };
  CHECK(status("/mine", "https://mine.example") == "101");
  CHECK(status("/mine", "https://other.example") == "403");
  CHECK(status("/ws", "https://other.example") == "101");
}

TEST_CASE("options of a path: queue_messages and queue_bytes", "[path_options]") {
  TwoPaths server([](PathOptions& mine) {
    mine.queue_messages = 7;
    mine.queue_bytes = 70;
  });
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  for (TestClient* client : {&mine, &other}) {  // its answer proves that the options are in use
    client->send_text("x");
    CHECK(client->next_text() == "x");
  }
  for (const auto& queue : {server.in_queue("/mine"), server.out_queue("/mine")}) {
    CHECK(queue.bounds.items == 7);
    CHECK(queue.bounds.bytes == 70);
  }
  for (const auto& queue : {server.in_queue("/ws"), server.out_queue("/ws")}) {
    CHECK(queue.bounds.items == 1000);
    CHECK(queue.bounds.bytes == std::size_t{4} << 20);
  }
}

TEST_CASE("options of a path: the bounds of its queues hold", "[path_options]") {
  const bool by_bytes = GENERATE(false, true);
  const auto ignore = [](Connection& self) { self.ending().wait(); };
  TwoPaths server(
      [&](PathOptions& mine) { (by_bytes ? mine.queue_bytes : mine.queue_messages) = 5; }, ignore);
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  for (int i = 0; i < 20; ++i) {
    mine.send_text("x");
    other.send_text("x");
  }
  await("the message that is not held back", [&] { return server.in_queue("/ws").items == 20; });
  await("the queue to be full", [&] { return server.in_queue("/mine").items == 5; });
  await_standstill();
  CHECK(server.in_queue("/mine").items == 5);
}

TEST_CASE("options of a path: max_message_bytes", "[path_options]") {
  TwoPaths server([](PathOptions& mine) { mine.max_message_bytes = 4; });
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  for (TestClient* client : {&mine, &other}) client->send_text("12345");
  CHECK(mine.frames_to_end().back().close_code() == 1009);
  CHECK(other.next_text() == "12345");
}

TEST_CASE("options of a path: compress", "[path_options]") {
  TwoPaths server([](PathOptions& mine) { mine.compress = true; });
  const auto agrees = [&](const std::string& path) {
    TestClient client(server.port());
    const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const std::string head = client.request(testing::upgrade_request(path, offer));
    return head.find("\r\nSec-WebSocket-Extensions: permessage-deflate") != std::string::npos;
  };
  CHECK(agrees("/mine"));
  CHECK_FALSE(agrees("/ws"));
}

TEST_CASE("options of a path: compress_window", "[path_options]") {
  TwoPaths server([](PathOptions& mine) {
    mine.compress = true;
    mine.compress_window = 10;
  });
  TestClient client(server.port());
  const std::string offer =
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
  const std::string head = client.request(testing::upgrade_request("/mine", offer));
  CHECK(head.find("\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; "
                  "client_max_window_bits=10\r\n") != std::string::npos);
}

TEST_CASE("options of a path: compress_level", "[path_options]") {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += std::to_string(i * i % 1009) + ", ";
  const auto bytes_at = [&](int level) {
    TwoPaths server([level](PathOptions& mine) {
      mine.compress = true;
      mine.compress_level = level;
    });
    TestClient client(server.port());
    const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    client.request(testing::upgrade_request("/mine", offer));
    client.send_text(text);
    return client.next_frame().value().payload.size();
  };
  CHECK(bytes_at(9) < bytes_at(1));
}

TEST_CASE("options of a path: close_timeout", "[path_options]") {
  Latch may_return;
  TwoPaths server([](PathOptions& mine) { mine.close_timeout = milliseconds(1); },
                  [&](Connection&) { may_return.wait(); });
  const struct Return {  // before the server is stopped, also when the test has failed
    Latch& latch;
    ~Return() { latch.fire({}); }
  } at_last{may_return};
  TestClient mine(server.port()), other(server.port());
  mine.open("/mine");
  other.open("/ws");
  const TimePoint start = Clock::now();
  for (TestClient* client : {&mine, &other}) client->send(client_close(1000));
  CHECK(mine.frames_to_end().empty());  // cut short, as its processor does not return
  CHECK(Clock::now() - start < Options().close_timeout);
  may_return.fire({});
  const auto frames = other.frames_to_end();
  REQUIRE_FALSE(frames.empty());
  CHECK(frames.back().close_code() == 1000);
}

TEST_CASE("options of a path that make no sense are refused at once", "[processor]") {
  Server server(quiet_options());
  PathOptions options = quiet_options();
  options.queue_bytes = 0;
  CHECK_THROWS_AS(server.handle("/ws", testing::plain_echo, {}, options), std::invalid_argument);
}

}  // namespace
}  // namespace triloop
