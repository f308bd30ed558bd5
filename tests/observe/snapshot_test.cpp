// What a connection says about itself, in each state that its threads can be in.
#include "triloop/snapshot.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string>

#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::FakeConnection;
using testing::patient_options;
using State = ConnectionSnapshot::State;

void echo(Connection& connection) {
  while (auto message = connection.read()) connection.write(std::move(*message));
}

Options narrow() {
  Options options = patient_options();
  options.queue_messages = 1;
  return options;
}

std::array<Doing, 3> doing(const ConnectionSnapshot& snapshot) {
  return {snapshot.reader.doing, snapshot.processor.doing, snapshot.writer.doing};
}
using Three = std::array<Doing, 3>;

TEST_CASE("snapshot: an idle connection waits for the peer, for a message, for a reply",
          "[snapshot]") {
  FakeConnection connection(echo);
  await_standstill();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(now.id == 1);
  CHECK(now.peer_address == "peer:1");
  CHECK(now.path == "/ws");
  CHECK(now.state == State::open);
  CHECK(doing(now) ==
        Three{Doing::reading_socket, Doing::waiting_for_message, Doing::waiting_for_message});
  CHECK(now.age.count() > 0);
  CHECK_FALSE(now.closing);
  CHECK_FALSE(now.closed);
  CHECK((now.reader.left == 0 && now.processor.left == 0 && now.writer.left == 0));
}

TEST_CASE("snapshot: messages and their bytes are counted both ways", "[snapshot]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::text, "four") +
                              client_frame(Opcode::binary, "sixsix") +
                              client_frame(Opcode::ping, "not counted"));
  connection.socket().await_sent("sixsix");
  await_standstill();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(now.messages_received == 2);
  CHECK(now.bytes_received == 10);
  CHECK(now.messages_sent == 2);
  CHECK(now.bytes_sent == 10);
  CHECK(now.in_queue.items == 0);
}

TEST_CASE("snapshot: a peer that takes nothing holds up all three, and both queues are full",
          "[snapshot]") {
  FakeConnection connection(echo, narrow());
  connection.socket().take(0);
  std::string many;
  for (int i = 0; i < 10; ++i) many += client_frame(Opcode::binary, "12345");
  connection.socket().deliver(many);
  await_standstill();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(doing(now) ==
        Three{Doing::waiting_for_room, Doing::waiting_for_room, Doing::writing_socket});
  for (const QueueSnapshot& queue : {now.in_queue, now.out_queue}) {
    CHECK(queue.items == 1);
    CHECK(queue.bytes == 5);
    CHECK(queue.bounds.items == 1);
    CHECK(queue.bounds.bytes == narrow().queue_bytes);
    CHECK(queue.waiting_for_room == 1);
  }
  CHECK(now.reader.waiting_for_room.count() > 0);
  CHECK(now.processor.waiting_for_room.count() > 0);
  CHECK(now.writer.in_socket.count() > 0);
}

TEST_CASE("snapshot: user code that computes, or blocks by itself, is work", "[snapshot]") {
  Latch go_on;
  FakeConnection connection([&](Connection&) { go_on.wait(); });
  await_standstill();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(now.processor.doing == Doing::working);
  CHECK(now.processor.working.count() > 0);
  CHECK(now.processor.waiting_for_message.count() == 0);
  go_on.fire({});
}

TEST_CASE("snapshot: after its Close frame the writer waits for the peer, the processor has left",
          "[snapshot]") {
  FakeConnection connection(echo);
  connection->close(1000, "enough");
  await_standstill();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(now.state == State::closing);
  CHECK(doing(now) == Three{Doing::reading_socket, Doing::ended, Doing::waiting_for_peer});
  CHECK(now.processor.left == 1);
  REQUIRE(now.closing);
  CHECK(*now.closing == CloseReason{ClosedBy::application, 1000, "enough"});
  CHECK_FALSE(now.closed);
  CHECK(now.writer.waiting_for_peer.count() > 0);
}

TEST_CASE("snapshot: the threads leave in some order, each in a place of its own", "[snapshot]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_close(1000, "bye"));
  connection.socket().end_stream();
  connection.await_end();
  const ConnectionSnapshot now = connection->snapshot();
  CHECK(doing(now) == Three{Doing::ended, Doing::ended, Doing::ended});
  CHECK(std::set<int>{now.reader.left, now.processor.left, now.writer.left} ==
        std::set<int>{1, 2, 3});
  REQUIRE(now.closed);
  CHECK(*now.closed == CloseReason{ClosedBy::peer, 1000, "bye"});
}

TEST_CASE("snapshot: the times of a thread add up to its life, and stand still after its end",
          "[snapshot]") {
  FakeConnection connection(echo);
  connection.socket().deliver(client_frame(Opcode::text, "a"));
  connection.socket().await_sent("a");
  connection->abort();
  connection.await_end();
  const ConnectionSnapshot one = connection->snapshot();
  const ConnectionSnapshot two = connection->snapshot();
  const auto whole = [](const ThreadSnapshot& t) {
    return t.in_socket + t.waiting_for_message + t.waiting_for_room + t.waiting_for_peer +
           t.working;
  };
  for (const auto thread :
       {&ConnectionSnapshot::reader, &ConnectionSnapshot::processor, &ConnectionSnapshot::writer}) {
    CHECK(whole(one.*thread).count() > 0);
    CHECK(whole(one.*thread) <= one.age);
    CHECK(whole(one.*thread) == whole(two.*thread));
  }
}

}  // namespace
}  // namespace triloop
