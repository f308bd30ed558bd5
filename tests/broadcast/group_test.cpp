// Members of a group over TCP: what they are told, and what becomes of those that read too slowly.
#include "triloop/group.h"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using testing::RunningServer;
using testing::TestClient;

PreparedMessage text(const std::string& data) { return PreparedMessage(Message::text(data)); }

// A server all of whose connections are in a group, and catch up with each message of theirs.
class Room {
 public:
  explicit Room(Group::Notice notice = {}, const Options& options = testing::quiet_options())
      : group(std::move(notice)),
        server(
            [this](Connection& connection) {
              group.join(connection.handle(), filter);
              connection.write(Message::text("joined"));
              while (connection.read()) group.catch_up(connection.handle());
              group.leave(connection.handle());
            },
            options) {}

  Group::Filter filter;
  Group group;
  RunningServer server;
};

class Listener : public TestClient {
 public:
  explicit Listener(Room& room, int receive_buffer_bytes = 0)
      : TestClient(room.server.port(), receive_buffer_bytes) {
    open();
    CHECK(next_text() == "joined");
  }
};

TEST_CASE("group: all members hear all that is published, in one order", "[group]") {
  Room room;
  Listener ann(room), bob(room);
  const Published published = room.group.publish({text("one"), text("two")});
  CHECK(published.queued == 4);
  room.group.publish(PreparedMessage(Message::binary("three")));
  for (Listener* member : {&ann, &bob}) {
    CHECK(member->next_text() == "one");
    CHECK(member->next_text() == "two");
    CHECK(member->next_frame()->is(Opcode::binary));
  }
}

TEST_CASE("group: a filter says what a member hears", "[group]") {
  Room room;
  room.filter = [](const PreparedMessage& message) { return message.data() != "not this"; };
  Listener ann(room);
  CHECK(room.group.publish({text("this"), text("not this"), text("and this")}).queued == 2);
  CHECK(room.group.publish(text("not this")).queued == 0);
  CHECK(ann.next_text() == "this");
  CHECK(ann.next_text() == "and this");
}

TEST_CASE("group: who joins again has the later filter, and hears nothing twice", "[group]") {
  Group group;
  RunningServer server([&](Connection& connection) {
    group.join(connection.handle());
    group.join(connection.handle(), [](const PreparedMessage& one) { return one.data() != "no"; });
    connection.write(Message::text("joined"));
    while (connection.read()) {
    }
  });
  TestClient ann(server.port());
  ann.open();
  CHECK(ann.next_text() == "joined");
  CHECK(group.size() == 1);
  CHECK(group.publish({text("no"), text("once"), text("the end")}).queued == 2);
  CHECK(ann.next_text() == "once");
  CHECK(ann.next_text() == "the end");
}

TEST_CASE("group: a handle of nobody is a member until the next publish", "[group]") {
  Group group;
  group.join(ConnectionHandle());
  CHECK(group.publish(text("to nobody")).queued == 0);
  CHECK(group.size() == 0);
}

TEST_CASE("group: a text that is no UTF-8 is refused before anybody hears of it", "[group]") {
  CHECK_THROWS_AS(text("\xff"), std::invalid_argument);
  CHECK_NOTHROW(PreparedMessage(Message::binary("\xff")));
}

TEST_CASE("group: a long message is sent from the one place where it is", "[group]") {
  const std::string large(300'000, 'x');
  Room room;
  Listener ann(room), bob(room);
  const PreparedMessage message = text(large);
  CHECK(message.data() == large);
  CHECK(message.type() == MessageType::text);
  room.group.publish({message, message});
  for (Listener* member : {&ann, &bob}) {
    CHECK(member->next_text() == large);
    CHECK(member->next_text() == large);
  }
}

Options narrow_options() {
  Options options = testing::quiet_options();
  options.queue_messages = 2;
  return options;
}

// A member whose peer does not read, and what became of all that was published.
class Slow {
 public:
  explicit Slow(Group::Notice notice = {})
      : room(std::move(notice), narrow_options()), peer(room, 4096) {}

  void publish(const PreparedMessage& message) {
    const Published published = room.group.publish(message);
    queued += published.queued;
    skipped += published.skipped;
  }
  // Until its queue, and the kernel's, are full.
  void fill() {
    for (const auto before = skipped; skipped == before;) publish(large);
  }
  std::string listen() {
    std::string heard_now = peer.next_text();
    const bool notice = heard_now.rfind("missed ", 0) == 0;
    if (notice) told += std::stoull(heard_now.substr(7));
    if (!notice) ++heard;
    return heard_now;
  }

  const PreparedMessage large = text(std::string(100'000, 'x'));
  Room room;
  Listener peer;
  std::uint64_t queued = 0, skipped = 0;  // as publish() says
  std::uint64_t heard = 0, told = 0;      // as the peer has it
};

Message notice_of(std::uint64_t missed) {
  return Message::text("missed " + std::to_string(missed));
}

TEST_CASE("group: a slow member is told how much it missed, before it hears again", "[group]") {
  Slow slow(notice_of);
  slow.fill();
  slow.publish(slow.large);
  while (slow.heard < slow.queued) slow.listen();
  slow.publish(text("again"));
  while (slow.listen() != "again") {
  }
  CHECK(slow.told == slow.skipped);
  CHECK(slow.heard == slow.queued);
}

TEST_CASE("group: without a notice a slow member is told nothing", "[group]") {
  Slow slow;
  slow.fill();
  while (slow.heard < slow.queued) slow.listen();
  slow.publish(text("again"));
  CHECK(slow.listen() == "again");
}

TEST_CASE("group: catch_up() tells it although nobody publishes any more", "[group]") {
  Slow slow(notice_of);
  slow.fill();
  while (slow.heard < slow.queued) slow.listen();
  slow.peer.send_text("anything new?");
  while (slow.told < slow.skipped) slow.listen();
  CHECK(slow.heard == slow.queued);
}

TEST_CASE("group: by choice a slow member gets 1008", "[group]") {
  Room room({}, narrow_options());
  Listener slow(room, 4096), ann(room);
  const PreparedMessage large = text(std::string(100'000, 'x'));
  Published published;
  while (published.disconnected.empty()) {
    published = room.group.publish(large, Overflow::disconnect());
    CHECK(ann.next_text() == large.data());
  }
  CHECK(published.disconnected.front().id() == 1);
  CHECK(room.group.size() == 1);
  const auto frames = slow.frames_to_end();
  REQUIRE(!frames.empty());
  CHECK(frames.back().close_code() == 1008);
}

TEST_CASE("group: a member that is waited for misses what finds no room in time", "[group]") {
  Slow slow;
  slow.fill();
  constexpr std::chrono::milliseconds kTime{50};
  Published published;
  TimePoint before{};
  while (published.skipped == 0) {  // the kernel may take some of it yet
    before = Clock::now();
    published = slow.room.group.publish({slow.large, slow.large}, Overflow::wait(kTime));
  }
  CHECK(Clock::now() - before >= kTime);
  CHECK(published.queued + published.skipped == 2);
}

TEST_CASE("group: those that are over are forgotten", "[group]") {
  Group group;
  {
    RunningServer server([&](Connection& connection) { group.join(connection.handle()); });
    for (int i = 0; i < 100; ++i) {
      TestClient client(server.port());
      client.open();
      client.frames_to_end();
    }
  }
  CHECK(group.size() <= 32);
  CHECK(group.publish(text("to nobody")).queued == 0);
  CHECK(group.size() == 0);
}

}  // namespace
}  // namespace triloop
