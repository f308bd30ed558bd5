// RFC 6455 section 5.2: reserved bits, opcodes, lengths. Section 5.6: the two kinds of data.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

const std::string kKey = "\x37\xfa\x21\x3d";

// Bytes of every value, one after the other.
std::string any_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 + i / 256);
  return bytes;
}

TEST_CASE("rfc 5.2: a reserved bit without an extension is 1002", "[rfc]") {
  std::vector<Case> cases;
  const std::string started = client_frame(Opcode::text, "a", false);
  for (int reserved = 0x10; reserved <= 0x70; reserved += 0x10) {
    for (const int opcode : {0, 1, 2, 8, 9, 10}) {
      const std::string name = "first byte " + hex(0x80u | reserved | opcode);
      const std::string before = opcode == 0 ? started : "";
      cases.push_back(bad(name, before + masked_with(kKey, 0x80 | reserved | opcode, "hi"), 1002));
      if (opcode >= 8) continue;
      cases.push_back(bad("first byte " + hex(reserved | opcode),
                          before + masked_with(kKey, reserved | opcode, ""), 1002));
    }
  }
  check(cases);
}

TEST_CASE("rfc 5.2: an opcode without a meaning is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    const std::string name = "opcode " + std::to_string(opcode);
    cases.push_back(bad(name, client_frame(opcode, "hi"), 1002));
    cases.push_back(bad(name + ", empty", client_frame(opcode, ""), 1002));
    cases.push_back(bad(name + ", not final", client_frame(opcode, "hi", false), 1002));
    cases.push_back(bad(name + ", after a message",
                        client_frame(1, "good") + client_frame(opcode, "hi"), 1002,
                        {text("good")}));
    cases.push_back(bad(name + ", between fragments",
                        client_frame(1, "a", false) + client_frame(opcode, "hi"), 1002));
    cases.push_back(bad(name + ", by its first two bytes alone",
                        client_frame(opcode, "hi").substr(0, 2), 1002));
  }
  check(cases);
}

TEST_CASE("rfc 5.2: each length in its shortest form passes", "[rfc]") {
  std::vector<Case> cases;
  for (const std::size_t size :
       {0,     1,     2,     3,     4,     5,     7,     8,     124,   125,     126,
        127,   128,   129,   254,   255,   256,   257,   1023,  1024,  4095,    4096,
        16383, 16384, 16385, 32767, 32768, 65534, 65535, 65536, 65537, 100'000, 131'072}) {
    const std::string name = std::to_string(size) + " bytes";
    const std::string letters(size, 'x');
    cases.push_back(good(name + " of text", client_frame(1, letters), {text(letters)}));
    const std::string bytes = any_bytes(size);
    cases.push_back(good(name + ", binary", client_frame(2, bytes), {binary(bytes)}));
  }
  check(cases);
}

TEST_CASE("rfc 5.2: a length that is not in its shortest form is 1002", "[rfc]") {
  std::vector<Case> cases;
  const std::string started = client_frame(Opcode::binary, "a", false);
  for (const int first : {0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8A}) {
    const std::string before = first == 0x80 ? started : "";
    for (const std::size_t size : {0, 1, 2, 124, 125}) {
      const std::string name = hex(first) + ": " + std::to_string(size);
      const std::string payload(size, 'x');
      cases.push_back(
          bad(name + " in 16 bits", before + raw_frame(first, 126, size, payload), 1002));
      cases.push_back(
          bad(name + " in 64 bits", before + raw_frame(first, 127, size, payload), 1002));
    }
    for (const std::size_t size : {126, 127, 65534, 65535}) {
      const std::string name = hex(first) + ": " + std::to_string(size) + " in 64 bits";
      cases.push_back(bad(name, before + raw_frame(first, 127, size, "x"), 1002));
    }
  }
  check(cases);
}

// Section 5.2: the most significant bit of a 64-bit length must be 0.
TEST_CASE("rfc 5.2: a length beyond 63 bits is 1002, by its header alone", "[rfc]") {
  std::vector<Case> cases;
  for (const std::uint64_t size :
       {0x8000000000000000, 0x8000000000000001, 0x80000000000000FF, 0xFFFFFFFFFFFFFFFF}) {
    const std::string name = "length " + std::to_string(size);
    cases.push_back(bad(name + ", binary", raw_frame(0x82, 127, size, ""), 1002));
    cases.push_back(bad(name + ", text", raw_frame(0x81, 127, size, "abc"), 1002));
    cases.push_back(bad(name + ", fragment", raw_frame(0x02, 127, size, "abc"), 1002));
    cases.push_back(bad(name + ", ping", raw_frame(0x89, 127, size, ""), 1002));
  }
  check(cases);
}

TEST_CASE("rfc 5.6: text comes back as text, binary as binary", "[rfc]") {
  const std::string zero("\0", 1);
  const std::string every = any_bytes(256);
  check({
      good("nothing at all", "", {}),
      good("text", client_frame(1, "hello"), {text("hello")}),
      good("empty text", client_frame(1, ""), {text("")}),
      good("binary", client_frame(2, "hello"), {binary("hello")}),
      good("empty binary", client_frame(2, ""), {binary("")}),
      good("a zero as text", client_frame(1, zero), {text(zero)}),
      good("a zero as binary", client_frame(2, zero), {binary(zero)}),
      good("every byte as binary", client_frame(2, every), {binary(every)}),
      good("what would not be text", client_frame(2, "\xff\xfe\x80\xc0"),
           {binary("\xff\xfe\x80\xc0")}),
      good("what looks like a frame", client_frame(2, client_frame(8, "")),
           {binary(client_frame(8, ""))}),
      good("what looks like a request", client_frame(1, upgrade_request()),
           {text(upgrade_request())}),
      good("one kind after the other",
           client_frame(1, "a") + client_frame(2, "b") + client_frame(1, "c"),
           {text("a"), binary("b"), text("c")}),
  });
}

TEST_CASE("rfc 5.2: what comes before a violation is answered, what comes after is not", "[rfc]") {
  const std::string violation = client_frame(3, "x");
  check({
      bad("one before", client_frame(1, "a") + violation, 1002, {text("a")}),
      bad("three before",
          client_frame(1, "a") + client_frame(2, "b") + client_frame(1, "c") + violation, 1002,
          {text("a"), binary("b"), text("c")}),
      bad("a ping before", client_frame(9, "p") + violation, 1002, {}, {"p"}),
      bad("half a message before", client_frame(1, "a", false) + violation, 1002),
      bad("text after", violation + client_frame(1, "b"), 1002),
      bad("a ping after", violation + client_frame(9, "b"), 1002),
      bad("a Close after", violation + client_close(1000), 1002),
      bad("another violation after", violation + client_frame(1, "\xff"), 1002),
      bad("noise after", violation + std::string(3000, '\xff'), 1002),
      bad("no WebSocket at all", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1002),
      bad("TLS", "\x16\x03\x01\x02", 1002),
  });
}

}  // namespace
}  // namespace triloop::testing
