// Memory of large messages, which travels around.
#include "websocket/spare_buffers.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/test_client.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

void give_back(SpareBuffers& spares, const std::vector<std::size_t>& sizes) {
  std::vector<Frame> sent;
  for (const std::size_t size : sizes) sent.emplace_back(Opcode::binary, std::string(size, 'x'));
  spares.give_back(sent);
  CHECK(sent.empty());
}

TEST_CASE("spare buffers: what comes back is taken again, the latest first", "[spare_buffers]") {
  SpareBuffers spares(kMiB);
  std::vector<Frame> sent;
  sent.emplace_back(Opcode::binary, std::string(10 * kKiB, 'x'));
  sent.emplace_back(Opcode::binary, std::string(10 * kKiB, 'x'));
  const char* const first = sent[0].payload.data();
  const char* const second = sent[1].payload.data();
  spares.give_back(sent);
  CHECK(spares.bytes() >= 20 * kKiB);
  CHECK(spares.take(10 * kKiB).data() == second);
  CHECK(spares.take(10 * kKiB).data() == first);
  CHECK(spares.bytes() == 0);
  CHECK(spares.take(10 * kKiB).empty());
}

TEST_CASE("spare buffers: none is given that is too small, or more than twice too large",
          "[spare_buffers]") {
  SpareBuffers spares(kMiB);
  give_back(spares, {100 * kKiB});
  CHECK(spares.take(101 * kKiB).empty());
  CHECK(spares.take(49 * kKiB).empty());
  CHECK(spares.take(51 * kKiB).capacity() >= 100 * kKiB);
}

TEST_CASE("spare buffers: small messages are not worth it", "[spare_buffers]") {
  SpareBuffers spares(kMiB);
  give_back(spares, {SpareBuffers::kLeastBytes / 2, 10});
  CHECK(spares.bytes() == 0);
  CHECK(spares.due() == kNever);
}

TEST_CASE("spare buffers: no more is kept than may be, and the oldest makes way",
          "[spare_buffers]") {
  SpareBuffers spares(100 * kKiB);
  give_back(spares, {30 * kKiB, 40 * kKiB});
  give_back(spares, {50 * kKiB});
  CHECK(spares.bytes() <= 100 * kKiB);
  CHECK(spares.take(30 * kKiB).capacity() >= 40 * kKiB);  // that of 30 KiB is gone
  give_back(spares, {200 * kKiB});                        // more than may be kept at all
  CHECK(spares.take(200 * kKiB).empty());
  give_back(spares, std::vector<std::size_t>(3 * SpareBuffers::kMostBuffers, 4 * kKiB));
  CHECK(spares.bytes() <= SpareBuffers::kMostBuffers * 5 * kKiB);
}

TEST_CASE("spare buffers: with no room nothing is kept", "[spare_buffers]") {
  SpareBuffers spares(0);
  give_back(spares, {10 * kKiB, kMiB});
  CHECK(spares.bytes() == 0);
  CHECK(spares.due() == kNever);
}

TEST_CASE("spare buffers: what nobody needed for a while is freed, and not before",
          "[spare_buffers]") {
  SpareBuffers spares(kMiB, std::chrono::milliseconds(0));
  CHECK(spares.due() == kNever);
  give_back(spares, {10 * kKiB, 20 * kKiB});
  CHECK(spares.due() != kNever);
  CHECK_FALSE(spares.take(20 * kKiB).empty());
  spares.let_go_if_idle();  // one was taken since it was last asked
  CHECK(spares.bytes() >= 10 * kKiB);
  CHECK(spares.due() != kNever);
  spares.let_go_if_idle();
  CHECK(spares.bytes() == 0);
  CHECK(spares.due() == kNever);

  SpareBuffers patient(kMiB, std::chrono::hours(1));
  give_back(patient, {10 * kKiB});
  patient.let_go_if_idle();
  CHECK(patient.bytes() >= 10 * kKiB);
}

// Receives what a peer sends as the reader does: in place wherever it can. No receive brings more
// than `at_once`.
std::vector<Frame> receive(WsProtocol& protocol, std::string bytes, std::size_t at_once) {
  std::vector<Frame> frames;
  std::string buffer(2 * kKiB, '\0');
  while (!bytes.empty()) {
    Bytes into = protocol.room();
    if (into.size <= buffer.size()) into = {buffer.data(), buffer.size()};
    const std::size_t size = bytes.copy(into.data, std::min(into.size, at_once));
    bytes.erase(0, size);
    Bytes received{into.data, size};
    for (Frame frame; protocol.decode(received, frame) == Decoded::kFrame;) {
      frames.push_back(std::move(frame));
    }
    CHECK(received.size == 0);
  }
  return frames;
}

TEST_CASE("room: messages are the same however they are cut, whole or in fragments",
          "[spare_buffers]") {
  std::string text;
  for (int i = 0; text.size() < 300 * kKiB; ++i) text += "text " + std::to_string(i) + " \u6587 ";
  const std::string bytes = testing::client_frame(Opcode::text, text) +
                            testing::client_frame(Opcode::binary, text.substr(0, 70'001), false) +
                            testing::client_frame(Opcode::ping, "in between") +
                            testing::client_frame(0, text.substr(70'001)) +
                            testing::client_frame(Opcode::text, "short");
  for (const std::size_t at_once : {std::size_t{1000}, std::size_t{4097}, 64 * kKiB, kMiB}) {
    INFO(at_once << " bytes at once");
    SpareBuffers spares(4 * kMiB);
    WsProtocol protocol(kMiB, {}, &spares);
    for (int i = 0; i < 3; ++i) {  // the second time in memory of the first
      std::vector<Frame> frames = receive(protocol, bytes, at_once);
      REQUIRE(frames.size() == 4);
      CHECK((frames[0].opcode == Opcode::text && frames[0].payload == text));
      CHECK((frames[1].opcode == Opcode::ping && frames[1].payload == "in between"));
      CHECK((frames[2].opcode == Opcode::binary && frames[2].payload == text));
      CHECK(frames[3].payload == "short");
      spares.give_back(frames);
    }
  }
}

TEST_CASE("room: a large message takes the memory of an earlier one", "[spare_buffers]") {
  SpareBuffers spares(4 * kMiB);
  WsProtocol protocol(kMiB, {}, &spares);
  const std::string bytes = testing::client_frame(Opcode::binary, std::string(500 * kKiB, 'x'));
  std::vector<Frame> frames = receive(protocol, bytes, kMiB);
  const char* const memory = frames.at(0).payload.data();
  for (int i = 0; i < 3; ++i) {
    spares.give_back(frames);
    frames = receive(protocol, bytes, kMiB);
    CHECK(frames.at(0).payload.data() == memory);
  }
}

TEST_CASE("room: there is none for more than twice what has come, whatever a header claims",
          "[spare_buffers]") {
  WsProtocol protocol(64 * kMiB);
  std::string bytes = testing::client_frame(Opcode::binary, std::string(64 * kMiB, 'x'));
  std::size_t come = 10 * kKiB;
  Bytes first{bytes.data(), come};
  Frame frame;
  CHECK(protocol.decode(first, frame) == Decoded::kNeedMore);
  for (int i = 0; i < 5; ++i) {
    Bytes room = protocol.room();
    CHECK(room.size <= come);
    bytes.copy(room.data, room.size, come);
    come += room.size;
    CHECK(protocol.decode(room, frame) == Decoded::kNeedMore);
  }
}

TEST_CASE("room: there is none between frames", "[spare_buffers]") {
  WsProtocol protocol(kMiB);
  CHECK(protocol.room().size == 0);
  Frame frame;
  std::string half =
      testing::client_frame(Opcode::binary, std::string(10 * kKiB, 'x')).substr(0, 3);
  Bytes bytes{half.data(), half.size()};
  CHECK(protocol.decode(bytes, frame) == Decoded::kNeedMore);
  CHECK(protocol.room().size == 0);  // the header is not complete
}

}  // namespace
}  // namespace triloop
