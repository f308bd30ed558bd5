// How a client's connection has ended, and what became of what was written: over a socket that the
// test controls.
#include "triloop/connection_end.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/patient_client.h"
#include "life/life.h"
#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/running_server.h"
#include "support/threads.h"
#include "threads/spare_threads.h"
#include "triloop/handle.h"
#include "triloop/prepared_message.h"
#include "websocket/upgrade.h"

namespace triloop {
namespace {

using testing::FakeSocket;
using testing::patient_client;
using testing::read_to_the_end;
using testing::Worker;

const std::string kServersClose("\x88\x02\x03\xe8", 4);

// An open connection; `stack_bytes` of its threads, 0 being the system's default.
class FakeClient {
 public:
  explicit FakeClient(Processor processor, std::size_t stack_bytes = 0)
      : processor_(std::move(processor)), threads_(0, stack_bytes), socket_(new FakeSocket) {
    auto upgrade = std::make_unique<Upgrade>();
    upgrade->role = Role::client;
    upgrade->write_timeout = options_.write_timeout;
    upgrade->processor = &processor_;
    upgrade->options = &options_;
    connection_ = Life::begin(1, std::shared_ptr<Socket>(socket_), std::move(upgrade), threads_);
    reader_ = std::make_unique<Worker>([this] { Life::serve(*connection_); });
  }
  ~FakeClient() {
    connection_->abort();
    reader_->await_done();
  }
  FakeClient(const FakeClient&) = delete;
  FakeClient& operator=(const FakeClient&) = delete;

  FakeSocket& socket() { return *socket_; }
  Connection* operator->() { return connection_.get(); }
  ConnectionEnd end() {
    reader_->await_done();
    return Life::end_of(*connection_);
  }

 private:
  const ClientOptions options_ = patient_client();
  const Processor processor_;
  SpareThreads threads_;
  FakeSocket* const socket_;
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Worker> reader_;
};

// Written while the peer takes no more than `taken` bytes; nothing comes from it.
template <typename Write>
ConnectionEnd cut_off(std::size_t taken, std::size_t acknowledged, Write write) {
  FakeClient client(read_to_the_end);
  client.socket().take(taken);
  client.socket().acknowledge(acknowledged);
  write(*client.operator->());
  testing::await_standstill();  // the writer, too, has what it can get
  client.socket().fail_receives(std::errc::connection_reset);
  return client.end();
}

TEST_CASE("an end is clean if both have closed and all has arrived", "[connection_end]") {
  FakeClient client([](Connection& connection) { connection.write(Message::text("x")); });
  client.socket().deliver(kServersClose);
  client.socket().end_stream();
  const ConnectionEnd end = client.end();
  CHECK(end.is_clean);
  CHECK(end.unsent.empty());
  CHECK(end.in_doubt == 0);
  CHECK(end.unacknowledged_bytes == 0);
}

TEST_CASE("a client's abort for want of a thread is no clean end", "[connection_end]") {
  const testing::LogCapture log;
  FakeClient client(read_to_the_end, std::size_t{1} << 46);
  const ConnectionEnd end = client.end();
  CHECK(end.over == CloseReason{ClosedBy::server, 1013, "no thread left"});
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("an abort by whoever has the connection is no clean end", "[connection_end]") {
  FakeClient client(read_to_the_end);
  client->abort("enough");
  const ConnectionEnd end = client.end();
  CHECK(end.over == CloseReason{ClosedBy::application, 1006, "enough"});
  CHECK_FALSE(end.is_clean);
}

// The reader comes to the end of the server's stream between the first step of an abort and its
// last.
ConnectionEnd aborted_while_the_server(const std::string& says) {
  FakeClient client([](Connection& connection) {
    while (connection.write(Message::text("x"))) {
    }
  });
  client.socket().take(0);
  testing::await_standstill();
  client.socket().before_shutdown([&] {
    client.socket().deliver(says);
    client.socket().end_stream();
    testing::await_standstill();
  });
  client->abort("enough");
  return client.end();
}

TEST_CASE("an abort is no clean end, if the server's Close comes meanwhile", "[connection_end]") {
  const ConnectionEnd end = aborted_while_the_server(kServersClose);
  CHECK_FALSE(end.unsent.empty());
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("an abort is the reason, if the server's stream ends meanwhile", "[connection_end]") {
  const ConnectionEnd end = aborted_while_the_server("");
  CHECK(end.over == CloseReason{ClosedBy::application, 1006, "enough"});
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("a server that ends its stream without a Close cuts the ending short",
          "[connection_end]") {
  FakeClient client([](Connection&) {});
  client.socket().await_sent("\x88\x82");
  client.socket().end_stream();
  const ConnectionEnd end = client.end();
  CHECK(end.began == CloseReason{ClosedBy::processor, 1000, ""});
  CHECK(end.over == CloseReason{ClosedBy::network, 1006, "the stream ended without a Close frame"});
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("an error behind the server's Close is a clean end if all has arrived",
          "[connection_end]") {
  FakeClient client([](Connection&) {});
  client.socket().await_sent("\x88\x82");
  client.socket().deliver(kServersClose);
  testing::await_standstill();  // it has the Close, and waits for the end
  client.socket().fail_receives(std::errc::connection_reset);
  CHECK(client.end().is_clean);
}

TEST_CASE("an error behind the server's Close cuts short what has not arrived",
          "[connection_end]") {
  FakeClient client([](Connection&) {});
  client.socket().acknowledge(0);
  client.socket().await_sent("\x88\x82");
  client.socket().deliver(kServersClose);
  testing::await_standstill();
  client.socket().break_off();
  client.socket().fail_receives(std::errc::connection_reset);
  const ConnectionEnd end = client.end();
  CHECK(end.over == CloseReason{ClosedBy::network, 1006, "the peer has reset the connection"});
  CHECK_FALSE(end.is_clean);
}

TEST_CASE("what was written and not sent comes back, in its order", "[connection_end]") {
  constexpr std::size_t kMessages = 50;
  const ConnectionEnd end = cut_off(0, 0, [](Connection& connection) {
    for (std::size_t i = 0; i < kMessages; ++i) {
      connection.write(i % 2 == 0 ? Message::text(std::to_string(i))
                                  : Message::binary(std::to_string(i)));
      if (i == 0) testing::await_standstill();  // the writer has that one in its hand
      connection.ping();                        // no message
    }
  });
  CHECK_FALSE(end.is_clean);
  CHECK(end.in_doubt == 1);
  REQUIRE(end.unsent.size() == kMessages - 1);
  for (std::size_t i = 1; i < kMessages; ++i) {
    CHECK(end.unsent[i - 1].data == std::to_string(i));
    CHECK((end.unsent[i - 1].type == MessageType::text) == (i % 2 == 0));
  }
  CHECK(end.unacknowledged_bytes == 0);
}

TEST_CASE("what many are sent comes back as it was", "[connection_end]") {
  const std::vector<PreparedMessage> prepared(3, PreparedMessage(Message::text("to many")));
  const ConnectionEnd end = cut_off(0, 0, [&](Connection& connection) {
    connection.write(Message::text("first"));
    testing::await_standstill();
    std::size_t written = 0;
    connection.write_all_for(prepared, written, testing::kFailSafe);
  });
  CHECK(end.unsent == std::vector<Message>(3, Message::text("to many")));
}

TEST_CASE(
    "bytes that were sent and not acknowledged are counted, and their messages never come back",
    "[connection_end]") {
  constexpr std::size_t kFrame = 2 + 4 + 5;
  const ConnectionEnd end = cut_off(SIZE_MAX, kFrame, [](Connection& connection) {
    connection.write(Message::text("hello"));
    connection.write(Message::text("again"));
    connection.write(Message::text("3rd.."));
  });
  CHECK(end.unsent.empty());
  CHECK(end.in_doubt == 0);
  CHECK(end.unacknowledged_bytes == 2 * kFrame);
}

TEST_CASE("an abort by another thread loses no message from what is told", "[connection_end]") {
  for (int i = 0; i < 100; ++i) {
    FakeClient client(read_to_the_end);
    client.socket().take(0);
    std::size_t written = 0;
    while (written < 20 && client->write(Message::text("x"))) ++written;
    const Thread aborts("aborts", [handle = client->handle()] { handle.abort(); });
    while (written < 40 && client->write(Message::text("x"))) ++written;
    const ConnectionEnd end = client.end();
    CHECK(end.unsent.size() + end.in_doubt == written);
  }
}

}  // namespace
}  // namespace triloop
