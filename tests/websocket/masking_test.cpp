// What a client's frames are on the wire.
#include <string>
#include <vector>

#include "support/catch.h"
#include "triloop/prepared_message.h"
#include "websocket/bytes_of.h"
#include "websocket/close_finder.h"
#include "websocket/mask.h"
#include "websocket/protocol.h"
#include "websocket/send_buffer.h"

namespace triloop {
namespace {

using testing::bytes_of;

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

TEST_CASE("masking twice with one key is no masking, at any length", "[mask]") {
  const MaskingKey key = {'\x01', '\x80', '\xff', 'k'};
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'p');
    std::string bytes = plain;
    mask(bytes, key);
    for (std::size_t i = 0; i < size; ++i) CHECK(bytes[i] == static_cast<char>('p' ^ key[i % 4]));
    mask(bytes, key);
    CHECK(bytes == plain);
  }
}

TEST_CASE("a server reads what a client has masked, whatever its length", "[mask]") {
  for (const std::size_t size : {0, 1, 7, 125, 126, 1024, 1025, 65'535, 65'536, 300'000}) {
    WsProtocol client(kNoLimit, {}, nullptr, Role::client), server(kNoLimit);
    SendBuffer buffer(client);
    const std::string payload(size, 'x');
    std::vector<Frame> frames = {{Opcode::binary, payload}, {Opcode::ping, "p"}};
    buffer.load(frames);
    std::string bytes = bytes_of(buffer);
    CHECK((static_cast<unsigned char>(bytes[1]) & 0x80) != 0);
    Bytes rest{bytes.data(), bytes.size()};
    Frame frame;
    REQUIRE(server.decode(rest, frame) == Decoded::kFrame);
    CHECK(frame.payload == payload);
    REQUIRE(server.decode(rest, frame) == Decoded::kFrame);
    CHECK(frame.opcode == Opcode::ping);
    CHECK(frame.payload == "p");
  }
}

TEST_CASE("a client masks a copy of what many are sent", "[mask]") {
  for (const bool compress : {false, true}) {
    std::optional<DeflateParameters> deflate;
    if (compress) deflate.emplace();
    WsProtocol client(kNoLimit, deflate, nullptr, Role::client), server(kNoLimit, deflate);
    const PreparedMessage prepared(Message::text(std::string(3000, 'x')));
    const std::string before(prepared.encoded()->plain());
    SendBuffer buffer(client);
    std::vector<Frame> frames;
    frames.emplace_back(prepared.encoded());
    buffer.load(frames);
    std::string bytes = bytes_of(buffer);
    CHECK(prepared.encoded()->plain() == before);
    Bytes rest{bytes.data(), bytes.size()};
    Frame frame;
    REQUIRE(server.decode(rest, frame) == Decoded::kFrame);
    CHECK(frame.payload == std::string(3000, 'x'));
  }
}

TEST_CASE("a client takes no frame that is masked, a server none that is not", "[mask]") {
  for (const Role role : {Role::client, Role::server}) {
    const Role other = role == Role::client ? Role::server : Role::client;
    for (const Role sender : {role, other}) {
      WsProtocol from(kNoLimit, {}, nullptr, sender), to(kNoLimit, {}, nullptr, role);
      Frame frame(Opcode::text, "hi");
      std::string bytes = from.encode_header(frame);
      bytes += frame.payload;
      Bytes rest{bytes.data(), bytes.size()};
      const Decoded decoded = to.decode(rest, frame);
      CHECK(decoded == (sender == role ? Decoded::kViolation : Decoded::kFrame));
      if (decoded == Decoded::kViolation) CHECK(to.violation().code == 1002);
    }
  }
}

TEST_CASE("behind noise the other side's Close is found, and not one's own kind", "[mask]") {
  std::string masked("noise\x88\x82keyk\x68\x8d", 13), plain("noise\x88\x02\x03\xe8", 9);
  const auto finds = [](Role role, std::string& bytes) {
    return CloseFinder(role).finds_in({bytes.data(), bytes.size()});
  };
  CHECK(finds(Role::server, masked));
  CHECK(finds(Role::client, plain));
  CHECK_FALSE(finds(Role::server, plain));
  CHECK_FALSE(finds(Role::client, masked));
}

// Of a message that is too large two megabytes may still come, and end in anything at each receive.
TEST_CASE("what only looks like a Close behind a violation is none", "[mask]") {
  const auto finds = [](const std::string& code_and_reason) {
    const auto length = static_cast<char>(0x80 | code_and_reason.size());
    std::string bytes = std::string("noise\x88") + length + std::string(4, '\0') + code_and_reason;
    return CloseFinder(Role::server).finds_in({bytes.data(), bytes.size()});
  };
  const std::string going_away = "\x03\xe9";
  CHECK(finds(""));
  CHECK(finds(going_away));
  CHECK(finds(going_away + "caf\xc3\xa9"));
  CHECK(finds("\x03\xed"));  // 1005, which some answer with
  CHECK_FALSE(finds("\x03"));
  CHECK_FALSE(finds("\x03\xe7"));              // 999
  CHECK_FALSE(finds("\x13\x88"));              // 5000
  CHECK_FALSE(finds(going_away + "caf\xe9"));  // no UTF-8
}

}  // namespace
}  // namespace triloop
