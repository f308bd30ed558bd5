#include "websocket/deflate.h"

#include <zlib.h>

#include <random>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/test_client.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

using testing::client_frame;

constexpr std::size_t kLimit = 100'000;
constexpr int kCompressed = 0x40;  // RSV1

std::string accepted(const std::string& offers, int window_bits = 15) {
  const auto agreed = choose_deflate(offers, window_bits);
  return agreed ? to_header(*agreed) : "";
}

// A frame as a client sends it, with RSV1.
std::string compressed_frame(Opcode opcode, const std::string& payload, bool fin = true) {
  std::string frame = client_frame(opcode, payload, fin);
  frame[0] = static_cast<char>(frame[0] | kCompressed);
  return frame;
}

// What a client's compressor makes of a message.
std::string squeezed(std::string message, Deflater& deflater) {
  deflater.compress(message);
  return message;
}

// The same from one that flushes after each `step` bytes: a full flush, as it is largest.
std::string flushed(const std::string& message, std::size_t step, int level) {
  z_stream z{};
  ::deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(12 * message.size() + 100, '\0');
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  for (std::size_t at = 0; at < message.size(); at += step) {
    std::string piece = message.substr(at, step);
    z.next_in = reinterpret_cast<Bytef*>(piece.data());
    z.avail_in = static_cast<uInt>(piece.size());
    ::deflate(&z, Z_FULL_FLUSH);
  }
  out.resize(out.size() - z.avail_out - 4);  // without the tail
  ::deflateEnd(&z);
  return out;
}

// Nothing compresses it.
std::string random_bytes(std::size_t size) {
  std::mt19937 next;  // NOLINT: the same ones each time
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(next());
  return bytes;
}

// Noise is nothing to print.
bool is_the_one(const std::string& message, const std::vector<std::string>& received) {
  return received == std::vector<std::string>{message};
}

struct Peer {
  explicit Peer(DeflateParameters parameters = {}, std::size_t limit = kLimit)
      : protocol(limit, parameters), deflater(parameters) {}
  // The messages in `bytes`; the violation's code if there is one.
  std::vector<std::string> send(std::string bytes, std::size_t piece = 100'000) {
    std::vector<std::string> messages;
    violation = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      Bytes rest{bytes.data() + at, std::min(piece, bytes.size() - at)};
      for (Frame frame;;) {
        const Decoded decoded = protocol.decode(rest, frame);
        if (decoded == Decoded::kNeedMore) break;
        if (decoded == Decoded::kViolation) {
          violation = protocol.violation().code;
          return messages;
        }
        messages.push_back(frame.payload);
      }
    }
    return messages;
  }
  WsProtocol protocol;
  Deflater deflater;
  int violation = 0;
};

// RFC 7692 section 7.1.
TEST_CASE("an offer is answered with what was agreed on", "[deflate]") {
  CHECK(accepted("permessage-deflate") == "permessage-deflate");
  CHECK(accepted("permessage-deflate; client_max_window_bits") == "permessage-deflate");
  CHECK(accepted("permessage-deflate; client_max_window_bits=9") ==
        "permessage-deflate; client_max_window_bits=9");
  CHECK(accepted("permessage-deflate;server_max_window_bits=10") ==
        "permessage-deflate; server_max_window_bits=10");
  CHECK(accepted("permessage-deflate; server_max_window_bits=\"12\"") ==
        "permessage-deflate; server_max_window_bits=12");
  CHECK(accepted("permessage-deflate; server_max_window_bits=15") == "permessage-deflate");
  CHECK(accepted("permessage-deflate ; server_no_context_takeover ;client_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
}

TEST_CASE("an offer that cannot be met is passed over for the next", "[deflate]") {
  for (const char* bad :
       {"", "x-webkit-deflate-frame", "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=\"\"", "permessage-deflate;",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits=10; client_max_window_bits=11"}) {
    INFO(bad);
    CHECK(accepted(bad).empty());
    CHECK(accepted(std::string(bad) + ", permessage-deflate; server_max_window_bits=11") ==
          "permessage-deflate; server_max_window_bits=11");
  }
}

// RFC 7692 section 7.2.3: the bytes are the RFC's.
TEST_CASE("the examples of RFC 7692 expand to Hello", "[deflate]") {
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  const std::string without_compression("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
  const std::string last_block("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
  const std::string two_blocks("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);
  for (const std::string& payload : {hello, without_compression, last_block, two_blocks}) {
    for (const std::size_t piece : {1, 3, 1000}) {
      Peer peer;
      const auto frame = compressed_frame(Opcode::text, payload);
      CHECK(peer.send(frame + frame, piece) == std::vector<std::string>{"Hello", "Hello"});
    }
  }
  // 7.2.3.1: in two fragments. 7.2.3.2: with history.
  Peer peer;
  CHECK(peer.send(compressed_frame(Opcode::text, hello.substr(0, 3), false) +
                  client_frame(0, hello.substr(3))) == std::vector<std::string>{"Hello"});
  CHECK(peer.send(compressed_frame(Opcode::text, std::string("\xf2\x00\x11\x00\x00", 5))) ==
        std::vector<std::string>{"Hello"});
}

TEST_CASE("messages go there and back, with history and without, in every window", "[deflate]") {
  for (const int bits : {9, 10, 15}) {
    for (const bool forgets : {false, true}) {
      INFO(bits << " bits, " << (forgets ? "without" : "with") << " history");
      DeflateParameters parameters;
      parameters.server_max_window_bits = bits;
      parameters.server_no_context_takeover = parameters.client_no_context_takeover = forgets;
      Peer peer(parameters);
      WsProtocol ours(kLimit, parameters);
      for (int i = 0; i < 20; ++i) {
        std::string text;
        while (text.size() < 200U * static_cast<unsigned>(i)) text += "line " + std::to_string(i);
        Frame frame{Opcode::text, text};
        const std::string header = ours.encode_header(frame);
        if (text.size() >= 64) CHECK(frame.payload.size() < text.size());
        CHECK(((header[0] & kCompressed) != 0) == (text.size() >= 64));
        const std::string sent = (header[0] & kCompressed) != 0
                                     ? compressed_frame(Opcode::text, frame.payload)
                                     : client_frame(Opcode::text, frame.payload);
        REQUIRE(peer.send(sent) == std::vector<std::string>{text});
      }
    }
  }
}

TEST_CASE("compressed and plain messages may mix", "[deflate]") {
  Peer peer;
  const std::string packed = squeezed("packed", peer.deflater);
  CHECK(peer.send(client_frame(Opcode::text, "plain") + compressed_frame(Opcode::text, packed) +
                  client_frame(Opcode::ping, "p") + client_frame(Opcode::binary, "\xff")) ==
        std::vector<std::string>{"plain", "packed", "p", "\xff"});
}

TEST_CASE("the limit holds for what a message expands to, in bounded memory", "[deflate]") {
  Peer peer;
  const std::string just = squeezed(std::string(kLimit, 'x'), peer.deflater);
  CHECK(just.size() < 1000);
  CHECK(peer.send(compressed_frame(Opcode::binary, just)).size() == 1);
  CHECK(peer.violation == 0);

  DeflateParameters smallest;
  smallest.level = 9;
  Peer second(smallest);
  const std::string bomb = squeezed(std::string(50'000'000, 'x'), second.deflater);
  CHECK(bomb.size() < 60'000);
  second.send(compressed_frame(Opcode::binary, bomb));
  CHECK(second.violation == 1009);

  std::string out;
  Inflater inflater{DeflateParameters()};
  CHECK(inflater.expand(bomb, kLimit, out) == Inflater::Result::kTooBig);
  CHECK(out.size() <= kLimit + 16 * 1024);
}

TEST_CASE("what is larger compressed than as it is passes, up to the limit", "[deflate]") {
  const std::string noise = random_bytes(65'530);
  for (const bool in_fragments : {false, true}) {
    Peer peer({}, 65'536);
    const std::string packed = squeezed(noise, peer.deflater);
    REQUIRE(packed.size() > 65'536);
    const std::string first = packed.substr(0, 10'000), rest = packed.substr(10'000);
    const std::string frames =
        in_fragments ? compressed_frame(Opcode::binary, first, false) + client_frame(0, rest)
                     : compressed_frame(Opcode::binary, packed);
    CHECK(is_the_one(noise, peer.send(frames)));
  }
  Peer over({}, 65'529);
  CHECK(over.send(compressed_frame(Opcode::binary, squeezed(noise, over.deflater))).empty());
  CHECK(over.violation == 1009);
  // Of a plain message what is on the wire is all there is, also in fragments.
  Peer plain({}, 65'536);
  CHECK(plain.send(client_frame(Opcode::binary, noise + "1234567", false)).empty());
  CHECK(plain.violation == 1009);
  Peer later({}, 65'536);
  CHECK(
      later.send(client_frame(Opcode::binary, noise, false) + client_frame(0, "1234567")).empty());
  CHECK(later.violation == 1009);
}

TEST_CASE("a sender may flush as often as it likes", "[deflate]") {
  const std::string noise = random_bytes(30'000);
  for (const int level : {Z_NO_COMPRESSION, Z_DEFAULT_COMPRESSION}) {
    for (const std::size_t step : {1, 3, 1000}) {
      INFO("level " << level << ", flushed after each " << step);
      Peer peer({}, noise.size());
      const std::string frame = compressed_frame(Opcode::binary, flushed(noise, step, level));
      CHECK(is_the_one(noise, peer.send(frame)));
      CHECK(is_the_one(noise, peer.send(frame)));
    }
  }
}

TEST_CASE("what is on the wire of a compressed message is bounded, also if it expands to nothing",
          "[deflate]") {
  constexpr std::size_t kSmall = 1000, kOnTheWire = 16 * kSmall + 1024;
  const std::string nothing("\x00\x00\x00\xff\xff", 5);  // an empty block
  std::string many;
  while (many.size() < kOnTheWire - 5) many += nothing;
  Peer peer({}, kSmall);
  CHECK(peer.send(compressed_frame(Opcode::binary, many, false) +
                  client_frame(0, std::string(1, '\0'))) == std::vector<std::string>{""});
  peer.send(compressed_frame(Opcode::binary, many, false) + client_frame(0, nothing, false) +
            client_frame(0, nothing, false));
  CHECK(peer.violation == 1009);
  Peer at_once({}, kSmall);  // by its header
  at_once.send(compressed_frame(Opcode::binary, many + nothing + nothing).substr(0, 14));
  CHECK(at_once.violation == 1009);
}

TEST_CASE("a block that is marked as the last one leaves the history to those behind it",
          "[deflate]") {
  const std::string last_block("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);  // RFC 7692, 7.2.3.5
  const std::string by_history("\xf2\x00\x11\x00\x00", 5);              // 7.2.3.2
  Peer peer;
  CHECK(peer.send(compressed_frame(Opcode::text, last_block) +
                  compressed_frame(Opcode::text, by_history)) ==
        std::vector<std::string>{"Hello", "Hello"});
  DeflateParameters parameters;
  parameters.client_no_context_takeover = true;
  Peer forgets(parameters);
  CHECK(forgets.send(compressed_frame(Opcode::text, last_block) +
                     compressed_frame(Opcode::text, by_history)) ==
        std::vector<std::string>{"Hello"});
  CHECK(forgets.violation == 1007);
  Peer inside(parameters);  // the same message goes on
  CHECK(inside.send(compressed_frame(Opcode::text, last_block.substr(0, 7), false) +
                    client_frame(0, by_history)) == std::vector<std::string>{"HelloHello"});
}

// zlib counts in 32 bits, and a message may have more: it goes in pieces.
TEST_CASE("a message that zlib is given in pieces is whole", "[deflate]") {
  std::string text;
  while (text.size() < 50'000) text += "line " + std::to_string(text.size());
  for (const std::size_t most : {1, 7, 1000, 49'999, 1'000'000}) {
    Deflater deflater{DeflateParameters()};
    Inflater inflater{DeflateParameters()};
    for (int i = 0; i < 2; ++i) {
      std::string message = text, out;
      deflater.compress(message, most);
      CHECK(inflater.expand(message + std::string("\0\0\xff\xff", 4), text.size(), out, most) ==
            Inflater::Result::kOk);
      CHECK(inflater.end_message());
      CHECK(out == text);
    }
  }
}

TEST_CASE("a bomb in fragments is stopped, too", "[deflate]") {
  Peer peer;
  const std::string bomb = squeezed(std::string(5'000'000, 'x'), peer.deflater);
  std::string frames = compressed_frame(Opcode::binary, bomb.substr(0, 10), false);
  for (std::size_t at = 10; at < bomb.size(); at += 10) {
    frames += client_frame(0, bomb.substr(at, 10), at + 10 >= bomb.size());
  }
  CHECK(peer.send(frames, 7).empty());
  CHECK(peer.violation == 1009);
}

TEST_CASE("compressed data that is none is 1007", "[deflate]") {
  Peer peer;
  peer.send(compressed_frame(Opcode::binary, "\xff\xff\xff\xff"));
  CHECK(peer.violation == 1007);
}

TEST_CASE("a compressed message that stops in the middle is 1007", "[deflate]") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line " + std::to_string(i);
  for (const bool forgets : {false, true}) {
    DeflateParameters parameters;
    parameters.client_no_context_takeover = forgets;
    Peer peer(parameters);
    const std::string packed = squeezed(text, peer.deflater);
    CHECK(peer.send(compressed_frame(Opcode::text, packed.substr(0, packed.size() / 2))).empty());
    CHECK(peer.violation == 1007);
    Peer right(parameters);  // section 7.2.3.6
    CHECK(right.send(compressed_frame(Opcode::text, std::string(1, '\0'))) ==
          std::vector<std::string>{""});
  }
}

// What zlib makes of nothing where it has just flushed, and what Mojolicious sends then.
TEST_CASE("a compressed message without a byte is an empty one, and changes no history",
          "[deflate]") {
  for (const bool forgets : {false, true}) {
    DeflateParameters parameters;
    parameters.client_no_context_takeover = parameters.server_no_context_takeover = forgets;
    Peer peer(parameters);
    const std::string none = compressed_frame(Opcode::text, "");
    const std::string in_fragments = compressed_frame(Opcode::text, "", false) +
                                     client_frame(0, "", false) + client_frame(0, "");
    std::string sent = none + in_fragments;
    std::vector<std::string> expected = {"", ""};
    for (const std::string text : {"Hello, Hello", "Hello, Hello, Hello"}) {
      sent += compressed_frame(Opcode::text, squeezed(text, peer.deflater)) + none + none;
      expected.insert(expected.end(), {text, "", ""});
    }
    CHECK(peer.send(sent, 3) == expected);
    CHECK(peer.violation == 0);
  }
}

TEST_CASE("a compressed text must be UTF-8 to its last byte", "[deflate]") {
  Peer peer;
  peer.send(compressed_frame(Opcode::text, squeezed("\xff", peer.deflater)));
  CHECK(peer.violation == 1007);
  Peer cut;
  cut.send(compressed_frame(Opcode::text, squeezed("\xE4\xBD", cut.deflater)));
  CHECK(cut.violation == 1007);
  // A stored block of four bytes, which are the four that the receiver has to add.
  Peer tail;
  tail.send(compressed_frame(Opcode::text, std::string("\x00\x04\x00\xfb\xff", 5)));
  CHECK(tail.violation == 1007);
}

TEST_CASE("a compressed text is refused with the frame that brings the wrong byte", "[deflate]") {
  constexpr bool kMoreToCome = false;
  Peer cut;
  cut.send(compressed_frame(Opcode::text, flushed("\xE4\xBD", 2, 6), kMoreToCome));
  CHECK(cut.violation == 0);
  Peer wrong;
  wrong.send(compressed_frame(Opcode::text, flushed("\xE4\xBD\xFF", 3, 6), kMoreToCome));
  CHECK(wrong.violation == 1007);
}

TEST_CASE("RSV1 belongs to the first frame of a message, and only with the extension",
          "[deflate]") {
  Peer continuation;
  const std::string part = squeezed("Hello, Hello", continuation.deflater);
  std::string last = client_frame(0, part.substr(3));
  last[0] = static_cast<char>(last[0] | kCompressed);
  continuation.send(compressed_frame(Opcode::text, part.substr(0, 3), false) + last);
  CHECK(continuation.violation == 1002);
  Peer control;
  control.send(compressed_frame(Opcode::ping, ""));
  CHECK(control.violation == 1002);
}

TEST_CASE("messages of less than 64 bytes and control frames are not compressed", "[deflate]") {
  WsProtocol protocol(kLimit, DeflateParameters{});
  for (Frame frame :
       {Frame{Opcode::text, std::string(63, 'x')}, Frame{Opcode::pong, std::string(125, 'x')}}) {
    const std::string before = frame.payload;
    CHECK((protocol.encode_header(frame)[0] & kCompressed) == 0);
    CHECK(frame.payload == before);
  }
}

}  // namespace
}  // namespace triloop
