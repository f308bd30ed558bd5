// What the Go program does, one test for each of its behaviours S1 to S13, over real sockets.
// S12, the page, is tests/e2e/browser.test.mjs.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "demo/processors/echo.h"
#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::await_blocked;
using testing::client_close;
using testing::client_frame;
using testing::FakeConnection;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;
using testing::Worker;

TEST_CASE("S1: listens on 0.0.0.0:7777, upgrades /ws, accepts every Origin", "[original]") {
  const Options defaults;
  CHECK(defaults.bind == std::vector<std::string>{"0.0.0.0"});
  CHECK(defaults.port == 7777);

  RunningServer server;
  for (const char* origin : {"http://localhost", "https://elsewhere.example", "null", "nonsense"}) {
    TestClient client(server.port());
    const std::string head =
        client.request(testing::upgrade_request("/ws", std::string("Origin: ") + origin + "\r\n"));
    CHECK(head.rfind("HTTP/1.1 101 ", 0) == 0);
  }
}

TEST_CASE("S2: hands over whole messages, text or binary, fragments joined", "[original]") {
  std::vector<Message> seen;
  RunningServer server([&](Connection& connection) {
    for (const Message& message : connection) seen.push_back(message);
  });
  TestClient client(server.port());
  client.open();
  client.send(client_frame(Opcode::text, "text") + client_frame(Opcode::binary, {"\0\xff", 2}) +
              client_frame(Opcode::text, "frag", false) + client_frame(0, "ments"));
  client.send(client_close(1000));
  client.frames_to_end();
  client.shutdown_send();
  server.stop();
  CHECK(seen == std::vector<Message>{Message::text("text"), Message::binary({"\0\xff", 2}),
                                     Message::text("fragments")});
}

TEST_CASE("S3: two queues of 1000 messages for each connection", "[original]") {
  CHECK(Options().queue_messages == 1000);
  Latch read_one, write_one, write_more;
  std::atomic<int> written{0};
  FakeConnection connection([&](Connection& self) {
    read_one.wait();
    self.read();
    write_one.wait();
    self.write(Message::text("x"));
    write_more.wait();
    while (self.write(Message::text("x"))) ++written;
  });
  const auto deliver = [&](const std::string& bytes) {
    connection.socket().deliver(bytes);
    connection.reader().await_blocked();
  };
  // A ping shows whether the reader still gets to the socket.
  const auto answers = [&](const std::string& ping) {
    deliver(client_frame(Opcode::ping, ping));
    return connection.socket().count_sent(ping) == 1;
  };

  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += client_frame(Opcode::text, "x");
  deliver(bytes);
  CHECK(answers("1000 fit"));
  deliver(client_frame(Opcode::text, "x"));
  CHECK_FALSE(answers("one more does not"));
  read_one.fire({});
  connection.reader().await_blocked();
  CHECK(connection.socket().count_sent("one more does not") == 1);

  // The writer has one in its hand; the other queue takes 1000 more.
  connection.socket().take(0);
  write_one.fire({});
  connection.reader().await_blocked();
  write_more.fire({});
  connection.reader().await_blocked();
  CHECK(written == 1000);
}

TEST_CASE("S4: the reader waits when the in-queue is full, all the way back to the peer",
          "[original]") {
  Options options = quiet_options();
  options.queue_messages = 1;
  Latch go_on;
  RunningServer server(
      [&](Connection& connection) {
        go_on.wait();
        testing::plain_echo(connection);
      },
      options);
  // Also if the client throws: the server that then goes would wait for its processor.
  const std::shared_ptr<void> lets_go(nullptr, [&](void*) { go_on.fire({}); });
  TestClient client(server.port());
  client.open();
  const std::string message = client_frame(Opcode::binary, std::string(100'000, 'x'));
  std::string unsent;
  std::size_t messages = 0;
  do {  // until TCP pushes back and stays so
    if (unsent.empty()) {
      unsent = message;
      ++messages;
    }
    unsent.erase(0, client.try_send(unsent));
    if (!unsent.empty()) await_blocked("read-1");
    unsent.erase(0, client.try_send(unsent));
  } while (unsent.empty());
  go_on.fire({});
  Worker sender([&] { client.send(unsent + client_close(1000)); });
  CHECK(client.frames_to_end().size() == messages + 1);  // every one comes back, and the Close
  sender.await_done();
}

TEST_CASE("S5: only the writer sends: frames of many senders never mix", "[original]") {
  constexpr int kEach = 200;
  RunningServer server([](Connection& connection) {
    Worker a([&] {
      for (int i = 0; i < kEach; ++i) connection.write(Message::text(std::string(3000, 'a')));
    });
    Worker b([&] {
      for (int i = 0; i < kEach; ++i) connection.write(Message::text(std::string(3000, 'b')));
    });
  });
  TestClient client(server.port());
  client.open();
  for (int i = 0; i < kEach; ++i) client.send(client_frame(Opcode::ping, "p"));
  int texts = 0;
  for (const auto& frame : client.frames_to_end()) {
    if (!frame.is(Opcode::text)) continue;
    REQUIRE(std::set<char>(frame.payload.begin(), frame.payload.end()).size() == 1);
    ++texts;
  }
  CHECK(texts == 2 * kEach);
}

TEST_CASE("S6: the processor answers with the same bytes and type", "[original]") {
  RunningServer server(echo());
  TestClient client(server.port());
  client.open();
  for (const Opcode opcode : {Opcode::text, Opcode::binary}) {
    for (const std::size_t size : {0, 1, 125, 126, 65535, 65536, 1'000'000}) {
      const std::string payload(size, 'x');
      client.send(client_frame(opcode, payload));
      const auto frame = client.next_frame();
      REQUIRE(frame);
      CHECK(frame->is(opcode));
      CHECK(frame->payload == payload);
    }
  }
}

TEST_CASE("S7: a heartbeat every 2 s by default, as text", "[original]") {
  CHECK(Options().heartbeat == std::chrono::seconds(2));
  Options options = quiet_options();
  options.heartbeat = std::chrono::milliseconds(50);
  RunningServer server(testing::plain_echo, options);
  TestClient client(server.port());
  const TimePoint start = Clock::now();
  client.open();
  for (int beat = 1; beat <= 4; ++beat) {
    CHECK(client.next_text() == "heartbeat from server");
    CHECK(Clock::now() - start >= beat * options.heartbeat);
  }
}

TEST_CASE("S7: if the heartbeat cannot be sent the connection is closed", "[original]") {
  Options options = testing::patient_options();
  options.heartbeat = std::chrono::milliseconds(10);
  FakeConnection connection(testing::plain_echo, options);
  connection.socket().fail_sends(std::errc::host_unreachable);  // the peer's side stays silent
  connection.await_end();
  CHECK(connection.reason().by == ClosedBy::network);
  CHECK(connection.reason().text == std::make_error_code(std::errc::host_unreachable).message());
}

TEST_CASE("S8: close from any thread, any number of times, takes effect once", "[original]") {
  CloseReason first;
  RunningServer server([&](Connection& connection) {
    connection.read();
    {
      Worker a([&] { connection.close(4001, "a"); });
      Worker b([&] { connection.close(4002, "b"); });
      connection.close(4003, "c");
      connection.close(4004, "d");
    }
    first = *connection.ending().reason();
  });
  TestClient client(server.port());
  client.open();
  client.send_text("go");
  const auto frames = client.frames_to_end();
  client.shutdown_send();
  server.stop();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].close_code() == first.code);
  CHECK(frames[0].close_reason() == first.text);
}

TEST_CASE("S9: after abort read and write fail, and whoever waited in one wakes up", "[original]") {
  std::atomic<int> woken{0};
  Latch done;
  bool read_after = true, write_after = true;
  RunningServer server([&](Connection& connection) {
    Worker reads([&] {
      if (!connection.read()) ++woken;
    });
    Worker writes([&] {
      while (connection.write(Message::binary(std::string(1 << 20, 'x')))) {
      }
      ++woken;
    });
    reads.await_blocked();
    writes.await_blocked();  // the peer does not read
    connection.abort();
    reads.await_done();
    writes.await_done();
    read_after = connection.read().has_value();
    write_after = connection.write(Message::text("x"));
    done.fire({});
  });
  TestClient client(server.port(), /*receive_buffer_bytes=*/4096);
  client.open();
  done.wait();
  CHECK(woken == 2);
  CHECK_FALSE(read_after);
  CHECK_FALSE(write_after);
}

TEST_CASE("S10: an error in the reader closes the connection", "[original]") {
  Latch over;
  RunningServer server([&](Connection& connection) {
    while (connection.read()) {
    }
    over.fire(*connection.over().reason());
  });
  TestClient client(server.port());
  client.open();
  client.reset();
  over.wait();
  CHECK(over.reason()->by == ClosedBy::network);
}

TEST_CASE("S10: an error in the writer closes the connection", "[original]") {
  FakeConnection connection(testing::plain_echo);
  connection.socket().fail_sends(std::errc::host_unreachable);  // the peer's side stays silent
  connection.socket().deliver(client_frame(Opcode::text, "x"));
  connection.await_end();
  CHECK(connection.reason().text == std::make_error_code(std::errc::host_unreachable).message());
}

TEST_CASE("S11: many threads may write at once", "[original]") {
  constexpr int kThreads = 8, kEach = 100;
  RunningServer server([](Connection& connection) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int t = 0; t < kThreads; ++t) {
      workers.push_back(std::make_unique<Worker>([&connection, t] {
        for (int i = 0; i < kEach; ++i) {
          connection.write(Message::text(std::to_string(t) + ":" + std::to_string(i)));
        }
      }));
    }
  });
  TestClient client(server.port());
  client.open();
  std::vector<int> next(kThreads, 0);
  for (const auto& frame : client.frames_to_end()) {
    if (!frame.is(Opcode::text)) continue;
    const auto thread = static_cast<std::size_t>(frame.payload[0] - '0');
    REQUIRE(frame.payload.substr(2) == std::to_string(next[thread]++));
  }
  CHECK(next == std::vector<int>(kThreads, kEach));
}

TEST_CASE("S13: a processor may work on several requests at once, on a bounded number of threads",
          "[original]") {
  constexpr int kWorkers = 4, kRequests = 100;
  RunningServer server([](Connection& connection) {
    BoundedQueue<Message> work({kWorkers, 1 << 20});
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < kWorkers; ++i) {
      workers.push_back(std::make_unique<Worker>([&] {
        while (auto message = work.pop()) connection.write(std::move(*message));
      }));
    }
    while (auto message = connection.read()) work.push(std::move(*message));
    work.close();
    workers.clear();  // joins
  });
  TestClient client(server.port());
  client.open();
  std::multiset<std::string> sent, received;
  for (int i = 0; i < kRequests; ++i) {
    sent.insert(std::to_string(i));
    client.send_text(std::to_string(i));
  }
  client.send(client_close(1000));
  for (const auto& frame : client.frames_to_end()) {
    if (frame.is(Opcode::text)) received.insert(frame.payload);
  }
  CHECK(received == sent);
}

}  // namespace
}  // namespace triloop
