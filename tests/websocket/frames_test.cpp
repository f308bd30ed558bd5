#include <string>
#include <vector>

#include "support/catch.h"
#include "support/test_client.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

using testing::client_close;
using testing::client_frame;

constexpr std::size_t kLimit = 1000;

// All that a peer's bytes decode to, given in pieces of `piece` bytes.
struct Seen {
  std::vector<std::pair<Opcode, std::string>> frames;
  std::uint16_t violation = 0;  // 0: none
};

Seen decode(std::string bytes, std::size_t piece, std::size_t limit = kLimit) {
  WsProtocol protocol(limit);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    Bytes rest{bytes.data() + at, std::min(piece, bytes.size() - at)};
    Frame frame;
    for (;;) {
      const Decoded decoded = protocol.decode(rest, frame);
      if (decoded == Decoded::kNeedMore) break;
      if (decoded == Decoded::kViolation) {
        seen.violation = protocol.violation().code;
        return seen;
      }
      seen.frames.emplace_back(frame.opcode, frame.payload);
    }
  }
  return seen;
}

struct Case {
  const char* what;
  std::string bytes;
  std::vector<std::pair<Opcode, std::string>> frames;
  std::uint16_t violation;
};

const std::string kLong126(126, 'x');
const std::string kFourBytes = "\xF0\x9F\x99\x82";

std::string unmasked(std::string frame) {
  frame[1] = static_cast<char>(frame[1] & 0x7F);
  return frame.erase(2, 4);
}
std::string with_first_byte(std::string frame, int bits) {
  frame[0] = static_cast<char>(frame[0] | bits);
  return frame;
}

// RFC 6455: 5.2 framing, 5.4 fragmentation, 5.5 control frames, 7.4 codes, 8.1 UTF-8.
const std::vector<Case> kCases = {
    {"text", client_frame(1, "hi"), {{Opcode::text, "hi"}}, 0},
    {"binary", client_frame(2, std::string("\0\xff", 2)), {{Opcode::binary, {"\0\xff", 2}}}, 0},
    {"empty text", client_frame(1, ""), {{Opcode::text, ""}}, 0},
    {"16-bit length", client_frame(1, kLong126), {{Opcode::text, kLong126}}, 0},
    {"two messages in one piece",
     client_frame(1, "a") + client_frame(1, "b"),
     {{Opcode::text, "a"}, {Opcode::text, "b"}},
     0},
    {"fragments are joined",
     client_frame(1, "one ", false) + client_frame(0, "two ", false) + client_frame(0, "three"),
     {{Opcode::text, "one two three"}},
     0},
    {"empty fragments",
     client_frame(2, "", false) + client_frame(0, "", false) + client_frame(0, ""),
     {{Opcode::binary, ""}},
     0},
    {"a ping between fragments comes first",
     client_frame(1, "a", false) + client_frame(9, "p") + client_frame(0, "b"),
     {{Opcode::ping, "p"}, {Opcode::text, "ab"}},
     0},
    {"a character cut by a fragment",
     client_frame(1, kFourBytes.substr(0, 2), false) + client_frame(0, kFourBytes.substr(2)),
     {{Opcode::text, kFourBytes}},
     0},
    {"pong", client_frame(10, "x"), {{Opcode::pong, "x"}}, 0},
    {"close",
     client_close(1000, "bye"),
     {{Opcode::close,
       "\x03\xe8"
       "bye"}},
     0},
    {"empty close", client_frame(8, ""), {{Opcode::close, ""}}, 0},
    {"private close code", client_close(4999), {{Opcode::close, "\x13\x87"}}, 0},
    {"control frame of 125 bytes",
     client_frame(9, std::string(125, 'p')),
     {{Opcode::ping, std::string(125, 'p')}},
     0},

    {"unmasked", unmasked(client_frame(1, "")), {}, 1002},
    {"RSV1 without an extension", with_first_byte(client_frame(1, "a"), 0x40), {}, 1002},
    {"RSV2", with_first_byte(client_frame(1, "a"), 0x20), {}, 1002},
    {"RSV3", with_first_byte(client_frame(1, "a"), 0x10), {}, 1002},
    {"reserved data opcode", client_frame(3, "a"), {}, 1002},
    {"reserved control opcode", client_frame(11, "a"), {}, 1002},
    {"continuation of nothing", client_frame(0, "a"), {}, 1002},
    {"new message inside another", client_frame(1, "a", false) + client_frame(1, "b"), {}, 1002},
    {"fragmented ping", client_frame(9, "a", false), {}, 1002},
    {"control frame of 126 bytes", client_frame(9, kLong126), {}, 1002},
    {"length not in its shortest form",
     std::string("\x81\xFE\x00\x01", 4) + "mask"
                                          "x",
     {},
     1002},
    {"close of one byte", client_frame(8, "\x03"), {}, 1002},
    {"close code 999", client_close(999), {}, 1002},
    {"close code 1004", client_close(1004), {}, 1002},
    {"close code 1005", client_close(1005), {}, 1002},
    {"close code 1006", client_close(1006), {}, 1002},
    {"close code 1015", client_close(1015), {}, 1002},
    {"close code 1016", client_close(1016), {}, 1002},
    {"close code 2999", client_close(2999), {}, 1002},
    {"close code 5000", client_close(5000), {}, 1002},
    {"close reason not UTF-8", client_close(1000, "\xff"), {}, 1007},
    {"text not UTF-8", client_frame(1, "a\xff"), {}, 1007},
    {"text with a surrogate", client_frame(1, "\xED\xA0\x80"), {}, 1007},
    {"text with an overlong form", client_frame(1, "\xC0\xAF"), {}, 1007},
    {"text that ends inside a character", client_frame(1, "\xE4\xBD"), {}, 1007},
    {"fragmented text that ends inside a character",
     client_frame(1, "a", false) + client_frame(0, "\xE4\xBD"),
     {},
     1007},
    {"text not UTF-8 in its first fragment",
     client_frame(1, "\xff", false) + client_frame(9, "never seen"),
     {},
     1007},
};

TEST_CASE("each kind of frame decodes to what RFC 6455 says", "[frames]") {
  for (const Case& one : kCases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, one.bytes.size()}) {
      INFO(one.what << ", in pieces of " << piece);
      const Seen seen = decode(one.bytes, piece);
      CHECK(seen.violation == one.violation);
      CHECK(seen.frames == one.frames);
    }
  }
}

TEST_CASE("what comes before a violation is still decoded", "[frames]") {
  const Seen seen = decode(client_frame(1, "good") + client_frame(3, "bad"), 1000);
  CHECK(seen.violation == 1002);
  REQUIRE(seen.frames.size() == 1);
  CHECK(seen.frames[0].second == "good");
}

TEST_CASE("a message of the limit passes, one byte more is 1009", "[frames]") {
  CHECK(decode(client_frame(2, std::string(kLimit, 'x')), 100).violation == 0);
  CHECK(decode(client_frame(2, std::string(kLimit + 1, 'x')), 100).violation == 1009);
}

TEST_CASE("the limit is on the whole message, not on a fragment", "[frames]") {
  const std::string half(kLimit / 2 + 1, 'x');
  CHECK(decode(client_frame(2, half, false) + client_frame(0, half), 100).violation == 1009);
}

TEST_CASE("a frame that only claims to be large is refused by its header alone", "[frames]") {
  const std::string header(
      "\x82\xFF\x00\x00\x00\x00\x10\x00\x00\x00"
      "mask",
      14);
  CHECK(decode(header, 1).violation == 1009);
  const std::string absurd(
      "\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
      "mask",
      14);
  CHECK(decode(absurd, 1).violation == 1002);
}

TEST_CASE("a continuation whose length wraps around the limit's arithmetic is refused",
          "[frames]") {
  const std::string first = client_frame(2, "x", false);
  const std::string header(
      "\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
      "mask",
      14);
  for (const std::size_t piece : {1, 100, 100'000}) {
    INFO("pieces of " << piece);
    CHECK(decode(first + header + std::string(5 * kLimit, 'x'), piece).violation == 1002);
  }
}

TEST_CASE("decoding leaves what follows a complete frame", "[frames]") {
  WsProtocol protocol(kLimit);
  std::string bytes = client_frame(1, "a") + client_frame(1, "b");
  Bytes rest{bytes.data(), bytes.size()};
  Frame frame;
  REQUIRE(protocol.decode(rest, frame) == Decoded::kFrame);
  CHECK(frame.payload == "a");
  CHECK(rest.size == client_frame(1, "b").size());
}

TEST_CASE("a header says length and type in the shortest form, unmasked", "[frames]") {
  WsProtocol protocol(kLimit);
  const auto header = [&](Opcode opcode, std::size_t size) {
    Frame frame{opcode, std::string(size, 'x')};
    return protocol.encode_header(frame);
  };
  CHECK(header(Opcode::text, 0) == std::string("\x81\x00", 2));
  CHECK(header(Opcode::text, 125) == "\x81\x7D");
  CHECK(header(Opcode::binary, 126) == std::string("\x82\x7E\x00\x7E", 4));
  CHECK(header(Opcode::binary, 65535) == "\x82\x7E\xFF\xFF");
  CHECK(header(Opcode::binary, 65536) == std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10));
  CHECK(header(Opcode::pong, 3) == "\x8A\x03");
  CHECK(header(Opcode::close, 2) == "\x88\x02");
}

TEST_CASE("a Close frame carries its code and reason there and back", "[frames]") {
  const Frame frame = close_frame({1001, "gone"});
  CHECK(frame.opcode == Opcode::close);
  CHECK(frame.payload ==
        "\x03\xe9"
        "gone");
  const CloseStatus status = parse_close(frame.payload);
  CHECK(status.code == 1001);
  CHECK(status.reason == "gone");
  CHECK(close_frame({close_code::kNoStatus, ""}).payload.empty());
  CHECK(parse_close("").code == close_code::kNoStatus);
}

TEST_CASE("only codes that RFC 6455 lets an endpoint send are sendable", "[frames]") {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1013, 3000, 4999}) {
    INFO(code);
    CHECK(is_sendable_close_code(static_cast<std::uint16_t>(code)));
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    INFO(code);
    CHECK_FALSE(is_sendable_close_code(static_cast<std::uint16_t>(code)));
  }
}

}  // namespace
}  // namespace triloop
