// What the options of permessage-deflate choose: windows, levels, and the memory that they cost.
#include <malloc.h>

#include <random>
#include <string>

#include "support/catch.h"
#include "triloop/options.h"
#include "websocket/deflate.h"

namespace triloop {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 20;

std::string accepted(const std::string& offers, int window_bits) {
  const auto agreed = choose_deflate(offers, window_bits);
  return agreed ? to_header(*agreed) : "";
}

// Both ends of one direction: a server's compressor, and a client's expander.
struct Direction {
  static DeflateParameters turned_around(const DeflateParameters& parameters) {
    DeflateParameters other = parameters;
    other.client_max_window_bits = parameters.server_max_window_bits;
    other.client_no_context_takeover = parameters.server_no_context_takeover;
    return other;
  }
  explicit Direction(const DeflateParameters& parameters)
      : deflater(parameters), inflater(turned_around(parameters)) {}

  // What comes out; "corrupt" if nothing does. `on_the_wire` is what was in between.
  std::string send(std::string message, std::size_t most_at_once = kMostAtOnce) {
    deflater.compress(message, most_at_once);
    on_the_wire = message.size();
    std::string out;
    if (inflater.expand(message + std::string("\0\0\xff\xff", 4), kLimit, out) !=
            Inflater::Result::kOk ||
        !inflater.end_message()) {
      return "corrupt";
    }
    return out;
  }
  Deflater deflater;
  Inflater inflater;
  std::size_t on_the_wire = 0;
};

std::string random_bytes(std::size_t size) {
  std::mt19937 next;  // NOLINT: the same ones each time
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(next());
  return bytes;
}

// Some JSON of 1 KiB, another one for each number.
std::string some_json(int number) {
  std::mt19937 next(static_cast<unsigned>(number));
  std::string json = R"({"type":"update","number":)" + std::to_string(number) + R"(,"items":[)";
  while (json.size() < 960) {
    json += R"({"sku":")" + std::to_string(next()) + R"(","price":)" +
            std::to_string(next() % 9999) + R"(,"in":"euro"},)";
  }
  return json + "null]}";
}

// Section 7.1.2: the server may bound its own window unasked, and the client's only if it offers.
TEST_CASE("neither window exceeds the server's option, if the offer lets it bound the client's",
          "[deflate]") {
  CHECK(accepted("permessage-deflate", 12) == "permessage-deflate; server_max_window_bits=12");
  CHECK(accepted("permessage-deflate; client_max_window_bits", 12) ==
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12");
  CHECK(accepted("permessage-deflate; client_max_window_bits=15", 9) ==
        "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9");
  CHECK(accepted("permessage-deflate; server_max_window_bits=15", 14) ==
        "permessage-deflate; server_max_window_bits=14");
  CHECK(accepted("permessage-deflate; client_max_window_bits", 15) == "permessage-deflate");
}

TEST_CASE("a window that the client asks to be smaller than the option is", "[deflate]") {
  CHECK(accepted("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10", 12) ==
        "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10");
  CHECK(accepted("permessage-deflate; client_max_window_bits=8", 12) ==
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=8");
}

TEST_CASE("what is compressed in a window is expanded in one of that size, at each level",
          "[deflate]") {
  for (int bits = 9; bits <= 15; ++bits) {
    for (int level = 1; level <= 9; ++level) {
      INFO(bits << " bits, level " << level);
      DeflateParameters parameters;
      parameters.server_max_window_bits = bits;
      parameters.level = level;
      Direction direction(parameters);
      for (int i = 0; i < 200; ++i) REQUIRE(direction.send(some_json(i)) == some_json(i));
    }
  }
}

TEST_CASE("a higher level makes messages smaller, and so does a window that holds more of them",
          "[deflate]") {
  const auto size = [](int bits, int level) {
    DeflateParameters parameters;
    parameters.server_max_window_bits = bits;
    parameters.level = level;
    Direction direction(parameters);
    std::size_t sum = 0;
    for (int i = 0; i < 100; ++i) {
      direction.send(some_json(i));
      sum += direction.on_the_wire;
    }
    return sum;
  };
  CHECK(size(12, 6) < size(12, 1));
  CHECK(size(12, 9) <= size(12, 6));
  CHECK(size(12, 1) < size(9, 1));
}

// Of RFC 7692 section 7.1.2.2: what the peer has agreed to need not be remembered beyond it.
TEST_CASE("a peer that refers further back than it has agreed to is corrupt", "[deflate]") {
  Deflater peers{DeflateParameters()};  // 2^15
  const std::string first = random_bytes(5'000);
  const auto ours = [&](int bits) {
    DeflateParameters parameters;
    parameters.client_max_window_bits = bits;
    return parameters;
  };
  Inflater small(ours(12)), large(ours(13));
  for (const bool again : {false, true}) {
    std::string message = first;
    peers.compress(message);
    message += std::string("\0\0\xff\xff", 4);
    std::string out;
    CHECK(large.expand(message, kLimit, out) == Inflater::Result::kOk);
    out.clear();
    CHECK(small.expand(message, kLimit, out) ==
          (again ? Inflater::Result::kCorrupt : Inflater::Result::kOk));
  }
}

// zlib compresses with 2^9 where it was asked for 2^8.
TEST_CASE("a peer that says a window of 2^8 bytes may have zlib's of 2^9", "[deflate]") {
  DeflateParameters parameters;
  parameters.server_max_window_bits = 9;
  Deflater peers(parameters);
  DeflateParameters ours;
  ours.client_max_window_bits = 8;
  Inflater inflater(ours);
  const std::string all = random_bytes(10'000);
  for (std::size_t size = 100; size < 700; ++size) {
    const std::string whole = all.substr(size % 50, size);
    std::string message = whole;
    peers.compress(message);
    std::string out;
    REQUIRE(inflater.expand(message + std::string("\0\0\xff\xff", 4), kLimit, out) ==
            Inflater::Result::kOk);
    const bool same = out == whole;
    CHECK(same);
  }
}

TEST_CASE("noise grows in its place, in pieces of any size", "[deflate]") {
  const std::string noise = random_bytes(1'000'000);
  for (const int bits : {9, 12, 15}) {
    for (const std::size_t most : {std::size_t{1000}, std::size_t{70'000}, kMostAtOnce}) {
      INFO(bits << " bits, given " << most << " at once");
      DeflateParameters parameters;
      parameters.server_max_window_bits = bits;
      Direction direction(parameters);
      for (int i = 0; i < 2; ++i) {
        const bool same = direction.send(noise, most) == noise;  // noise is nothing to print
        CHECK(same);
        CHECK(direction.on_the_wire > noise.size());
        CHECK(direction.on_the_wire < noise.size() + noise.size() / 25);
      }
    }
  }
}

// zlib is given 16 KiB for output at a time, and then asked whether that was all.
TEST_CASE("a message whose end fills zlib's output is complete", "[deflate]") {
  for (const std::size_t size : {16'383, 16'384, 16'385, 32'768}) {
    INFO(size);
    Direction direction{DeflateParameters()};
    const std::string noise = random_bytes(size);
    const bool same = direction.send(noise) == noise;
    CHECK(same);
  }
}

TEST_CASE("a message is compressed where it is", "[deflate]") {
  Deflater deflater{DeflateParameters()};
  for (const std::size_t size : {std::size_t{1024}, std::size_t{1} << 20}) {
    std::string message;
    for (int i = 0; message.size() < size; ++i) message += some_json(i);
    const char* const before = message.data();
    const std::size_t capacity = message.capacity();
    deflater.compress(message);
    CHECK(message.data() == before);
    CHECK(message.capacity() == capacity);
  }
}

// -- Memory ---------------------------------------------------------------------------------------

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have their own malloc

std::size_t bytes_in_use() {
  const struct mallinfo2 now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
}

// What a connection takes that compresses and expands, as glibc counts it.
std::size_t memory_of(const std::string& offer, int window_bits) {
  const DeflateParameters agreed = choose_deflate(offer, window_bits).value();
  Deflater client{DeflateParameters()};
  std::string packed = "Hello, hello";
  client.compress(packed);
  std::string message = some_json(0), out;
  out.reserve(1000);
  const std::size_t before = bytes_in_use();
  Deflater deflater(agreed);
  Inflater inflater(agreed);
  CHECK(bytes_in_use() == before);  // there may never be a compressed message
  deflater.compress(message);
  inflater.expand(packed + std::string("\0\0\xff\xff", 4), kLimit, out);
  return bytes_in_use() - before;
}

TEST_CASE("a connection that compresses and expands takes at most 80 KiB, and less if it can",
          "[deflate]") {
  const int by_default = PathOptions().compress_window;
  const std::string bounded = "permessage-deflate; client_max_window_bits";
  CHECK(memory_of("permessage-deflate", by_default) < std::size_t{80} << 10);
  CHECK(memory_of(bounded, by_default) < std::size_t{51} << 10);
  CHECK(memory_of(bounded, 9) < std::size_t{20} << 10);
  CHECK(memory_of("permessage-deflate", 15) < std::size_t{192} << 10);
}

#endif

}  // namespace
}  // namespace triloop
