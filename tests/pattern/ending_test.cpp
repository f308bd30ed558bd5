// The ending alone: two queues, a socket, and no threads.
#include "pattern/ending.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/fake_connection.h"
#include "triloop/snapshot.h"

namespace triloop {
namespace {

const CloseReason kPeers{ClosedBy::peer, 1000, "bye"};
const CloseReason kProcessors{ClosedBy::processor, 1000, ""};
const CloseReason kServers{ClosedBy::server, 1001, "server stopping"};
const CloseReason kAborts{ClosedBy::application, 1006, "it fails"};

// What an ending ends.
struct Scene {
  Scene() {
    in_queue.push_urgent({Opcode::text, "received"});
    out_queue.push_urgent({Opcode::text, "a reply"});
  }

  // What whoever comes for it gets now.
  PopResult next_of(FrameQueue& queue) {
    std::vector<Frame> batch;
    return queue.pop_batch(batch, {1, 1}, kNow);
  }

  void send(const std::string& bytes) {
    std::error_code error;
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    socket.try_send(&part, 1, error);
  }

  testing::FakeSocket socket;
  FrameQueue in_queue{FrameQueue::kIn, 1, {10, 1000}};
  FrameQueue out_queue{FrameQueue::kOut, 1, {10, 1000}};
  Observer observer{1, GaugeClock::now()};
  Ending ending{in_queue, out_queue, socket, observer};
};

TEST_CASE("a drain closes the in-queue, and leaves what is queued", "[ending]") {
  Scene scene;
  scene.ending.begin_drain(kPeers);
  CHECK(scene.ending.begun().reason() == kPeers);
  CHECK_FALSE(scene.ending.over().fired());
  CHECK_FALSE(scene.ending.peer_done().fired());
  CHECK(scene.in_queue.is_closed());
  CHECK_FALSE(scene.out_queue.is_closed());
  CHECK(scene.next_of(scene.in_queue) == PopResult::kItems);
  CHECK(scene.next_of(scene.in_queue) == PopResult::kClosed);
  CHECK(scene.next_of(scene.out_queue) == PopResult::kItems);
  CHECK_FALSE(scene.socket.is_shut_down());
}

TEST_CASE("an abort ends everything at once", "[ending]") {
  Scene scene;
  scene.ending.end_now(kAborts);
  CHECK(scene.ending.begun().reason() == kAborts);
  CHECK(scene.ending.over().reason() == kAborts);
  CHECK(scene.ending.peer_done().fired());
  CHECK(scene.next_of(scene.in_queue) == PopResult::kClosed);
  CHECK(scene.next_of(scene.out_queue) == PopResult::kClosed);
  CHECK(scene.socket.is_shut_down());
}

TEST_CASE("the first reason stays, and the Close frame has it", "[ending]") {
  Scene scene;
  scene.ending.begin_drain(kServers);
  scene.ending.begin_drain(kProcessors);
  CHECK(scene.ending.begun().reason() == kServers);
  CHECK(scene.ending.farewell() == kServers);
}

TEST_CASE("an abort cuts a drain short: it keeps the first reason and adds the last", "[ending]") {
  Scene scene;
  scene.ending.begin_drain(kPeers);
  scene.ending.end_now(kAborts);
  scene.ending.end_now(kServers);
  CHECK(scene.ending.begun().reason() == kPeers);
  CHECK(scene.ending.over().reason() == kAborts);
  CHECK_FALSE(scene.ending.farewell());
}

TEST_CASE("the reason of an abort is not for the peer, though a drain comes later", "[ending]") {
  Scene scene;
  scene.ending.end_now(kAborts);
  scene.ending.begin_drain(kProcessors);
  CHECK_FALSE(scene.ending.farewell());
  CHECK_FALSE(scene.ending.drain_began_at());
}

TEST_CASE("the clock of an ending begins where the first drain does", "[ending]") {
  Scene scene;
  CHECK_FALSE(scene.ending.drain_began_at());
  const TimePoint before = Clock::now();
  scene.ending.begin_drain(kPeers);
  const TimePoint behind = Clock::now();
  const std::optional<TimePoint> began = scene.ending.drain_began_at();
  REQUIRE(began);
  CHECK(*began >= before);
  CHECK(*began <= behind);
  CHECK(scene.ending.patience().end(std::chrono::milliseconds(0)) >= before);
  scene.ending.begin_drain(kServers);
  CHECK(scene.ending.drain_began_at() == began);
}

TEST_CASE("it is over when both directions have ended and all is acknowledged", "[ending]") {
  Scene scene;
  scene.socket.acknowledge(4);
  scene.send("goodbye");
  scene.ending.begin_drain(kPeers);
  CHECK_FALSE(scene.ending.end_if_delivered());
  scene.ending.all_received();
  CHECK_FALSE(scene.ending.over().fired());
  scene.ending.all_sent();
  CHECK_FALSE(scene.ending.over().fired());
  scene.socket.acknowledge(SIZE_MAX);
  CHECK(scene.ending.end_if_delivered());
  CHECK(scene.ending.over().reason() == kPeers);
}

TEST_CASE("one direction alone ends nothing, though all is acknowledged", "[ending]") {
  Scene scene;
  scene.ending.begin_drain(kPeers);
  SECTION("ours") { scene.ending.all_sent(); }
  SECTION("the peer's") { scene.ending.all_received(); }
  CHECK_FALSE(scene.ending.over().fired());
  CHECK_FALSE(scene.ending.end_if_delivered());
}

TEST_CASE("the peer's last word frees the goodbye, and ends nothing", "[ending]") {
  Scene scene;
  scene.ending.begin_drain(kServers);
  scene.ending.peer_is_done(true);
  CHECK(scene.ending.peer_done().fired());
  CHECK_FALSE(scene.ending.over().fired());
  CHECK_FALSE(scene.socket.is_send_shut_down());
}

}  // namespace
}  // namespace triloop
