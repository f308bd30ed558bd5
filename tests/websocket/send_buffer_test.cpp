// Several frames as one vectored send takes them.
#include "websocket/send_buffer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "websocket/bytes_of.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

using testing::bytes_of;

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

// Each frame encoded by itself, one behind the other.
std::string encoded(std::vector<Frame> frames) {
  WsProtocol protocol(kNoLimit);
  std::string bytes;
  for (Frame& frame : frames) bytes += protocol.encode_header(frame) + frame.payload;
  return bytes;
}

std::vector<Frame> mixed_frames() {
  return {{Opcode::text, "short"},
          {Opcode::ping, ""},
          {Opcode::binary, std::string(1024, 'a')},
          {Opcode::binary, std::string(1025, 'b')},
          {Opcode::binary, std::string(70'000, 'c')},
          {Opcode::pong, "pong"},
          {Opcode::text, std::string(130, 'd')}};
}

TEST_CASE("a batch is the frames one behind the other", "[send_buffer]") {
  WsProtocol protocol(kNoLimit);
  SendBuffer buffer(protocol);
  CHECK(buffer.is_empty());
  std::vector<Frame> frames = mixed_frames();
  buffer.load(frames);
  CHECK(bytes_of(buffer) == encoded(mixed_frames()));
}

TEST_CASE("short payloads make one part with their headers, a long one stays where it is",
          "[send_buffer]") {
  WsProtocol protocol(kNoLimit);
  SendBuffer buffer(protocol);
  std::vector<Frame> frames = mixed_frames();
  buffer.load(frames);
  REQUIRE(buffer.count() == 5);
  CHECK(buffer.parts()[1].iov_base == frames[3].payload.data());
  CHECK(buffer.parts()[3].iov_base == frames[4].payload.data());
}

TEST_CASE("wherever the kernel stops, the rest is what was not sent", "[send_buffer]") {
  WsProtocol protocol(kNoLimit);
  SendBuffer buffer(protocol);
  const std::string all = encoded(mixed_frames());
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1500}, all.size()}) {
    INFO(step << " bytes at a time");
    std::vector<Frame> frames = mixed_frames();
    buffer.load(frames);
    for (std::size_t sent = 0; sent < all.size(); sent += step) {
      // Comparing all of the rest at each byte would take long.
      REQUIRE_FALSE(buffer.is_empty());
      REQUIRE(*static_cast<const char*>(buffer.parts()->iov_base) == all[sent]);
      if (sent % 997 == 0) REQUIRE(bytes_of(buffer) == all.substr(sent));
      buffer.remove_prefix(std::min(step, all.size() - sent));
    }
    CHECK(buffer.is_empty());
  }
}

TEST_CASE("a batch is forgotten when the next one is loaded", "[send_buffer]") {
  WsProtocol protocol(kNoLimit);
  SendBuffer buffer(protocol);
  std::vector<Frame> frames = mixed_frames();
  buffer.load(frames);
  buffer.remove_prefix(100);
  std::vector<Frame> next{{Opcode::text, "next"}};
  buffer.load(next);
  CHECK(bytes_of(buffer) == encoded({{Opcode::text, "next"}}));
}

}  // namespace
}  // namespace triloop
