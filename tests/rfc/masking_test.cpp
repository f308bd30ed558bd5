// RFC 6455 section 5.1 and 5.3: a client masks, with any key; a server does not.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

TEST_CASE("rfc 5.1: a frame without a mask is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int opcode : {1, 2, 8, 9, 10}) {
    const std::string name = "opcode " + std::to_string(opcode);
    for (const std::string payload : {"", "hi", "\x03\xe8"}) {
      cases.push_back(
          bad(name + ", " + quoted(payload), unmasked(client_frame(opcode, payload)), 1002));
    }
    cases.push_back(bad(name + ", after a message",
                        client_frame(1, "good") + unmasked(client_frame(opcode, "hi")), 1002,
                        {text("good")}));
  }
  cases.push_back(
      bad("a continuation", client_frame(1, "a", false) + unmasked(client_frame(0, "b")), 1002));
  cases.push_back(bad("a first fragment", unmasked(client_frame(1, "a", false)), 1002));
  cases.push_back(bad("a 16-bit length", std::string("\x82\x7e\x00\x7e", 4), 1002));
  cases.push_back(bad("a 64-bit length", std::string("\x82\x7f\0\0\0\0\0\x01\0\0", 10), 1002));
  cases.push_back(bad("by the first two bytes alone", "\x81\x05", 1002));
  check(cases);
}

TEST_CASE("rfc 5.3: every key unmasks every length", "[rfc]") {
  std::vector<Case> cases;
  const std::string keys[] = {{"\0\0\0\0", 4},         "\xff\xff\xff\xff",     {"\x01\0\0\0", 4},
                              {"\0\0\0\x80", 4},       "\x37\xfa\x21\x3d",     "abcd",
                              {"\x80\x00\x7f\xff", 4}, {"\xde\xad\x00\xef", 4}};
  const std::string letters = "the quick brown fox jumps over the lazy dog";
  for (const std::string& key : keys) {
    for (const std::size_t size : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33}) {
      const std::string payload = letters.substr(0, size);
      cases.push_back(good("key " + quoted(key) + ", " + std::to_string(size) + " bytes",
                           masked_with(key, 0x81, payload), {text(payload)}));
    }
  }
  check(cases);
}

TEST_CASE("rfc 5.3: each frame has a key of its own", "[rfc]") {
  const std::string zero("\0\0\0\0", 4);
  check({
      good("two messages", masked_with("abcd", 0x81, "one") + masked_with("wxyz", 0x82, "two"),
           {text("one"), binary("two")}),
      good("fragments",
           masked_with("abcd", 0x01, "one") + masked_with("wxyz", 0x00, "two") +
               masked_with(zero, 0x80, "three"),
           {text("onetwothree")}),
      good("fragments of an odd length, so that each begins its key anew",
           masked_with("abcd", 0x02, "12345") + masked_with("abcd", 0x00, "6") +
               masked_with("abcd", 0x80, "789"),
           {binary("123456789")}),
      good("a ping between fragments",
           masked_with("abcd", 0x01, "one") + masked_with("1234", 0x89, "ping!") +
               masked_with("wxyz", 0x80, "two"),
           {text("onetwo")}, {"ping!"}),
      good("a key that makes the payload zero", masked_with("aaaa", 0x81, "aaaaaa"),
           {text("aaaaaa")}),
      good("a 16-bit length", masked_with("abcd", 0x81, std::string(126, 'q')),
           {text(std::string(126, 'q'))}),
      good("a 64-bit length", masked_with("abcd", 0x82, std::string(65537, 'q')),
           {binary(std::string(65537, 'q'))}),
  });
}

}  // namespace
}  // namespace triloop::testing
