// RFC 6455 section 5.5: ping and pong. Close has a file of its own.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

std::string ping(std::string_view payload) { return client_frame(Opcode::ping, payload); }
std::string pong(std::string_view payload) { return client_frame(Opcode::pong, payload); }

TEST_CASE("rfc 5.5.2: a ping is answered with its payload", "[rfc]") {
  std::vector<Case> cases;
  for (const std::size_t size : {0, 1, 2, 3, 4, 5, 63, 64, 123, 124, 125}) {
    const std::string name = std::to_string(size) + " bytes";
    const std::string letters(size, 'p');
    const std::string bytes(size, '\xff');
    cases.push_back(good(name, ping(letters), {}, {letters}));
    cases.push_back(good(name + " that are no text", ping(bytes), {}, {bytes}));
  }
  std::string flood;
  std::vector<std::string> answers;
  for (int i = 0; i < 60; ++i) {
    answers.push_back("ping " + std::to_string(i));
    flood += ping(answers.back());
  }
  cases.push_back(good("60 in order", flood, {}, answers));
  cases.push_back(good("before text", ping("p") + client_frame(1, "t"), {text("t")}, {"p"}));
  cases.push_back(good("after text", client_frame(1, "t") + ping("p"), {text("t")}, {"p"}));
  cases.push_back(good("between texts",
                       client_frame(1, "t") + ping("p") + client_frame(1, "u") + ping("q"),
                       {text("t"), text("u")}, {"p", "q"}));
  cases.push_back(good("one that looks like Close", ping("\x03\xe8"), {}, {"\x03\xe8"}));
  cases.push_back(good("two that are the same", ping("p") + ping("p"), {}, {"p", "p"}));
  check(cases);
}

TEST_CASE("rfc 5.5.3: a pong is not answered", "[rfc]") {
  const std::string most(125, 'p');
  check({
      good("empty", pong(""), {}),
      good("with a payload", pong("hello"), {}),
      good("the longest", pong(most), {}),
      good("no text", pong("\xff\xfe"), {}),
      good("a hundred",
           [] {
             std::string bytes;
             for (int i = 0; i < 100; ++i) bytes += pong(std::to_string(i));
             return bytes;
           }(),
           {}),
      good("before text", pong("p") + client_frame(1, "t"), {text("t")}),
      good("after text", client_frame(1, "t") + pong("p"), {text("t")}),
      good("beside a ping", pong("a") + ping("b") + pong("c"), {}, {"b"}),
  });
}

TEST_CASE("rfc 5.5: a control frame of more than 125 bytes is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int opcode : {8, 9, 10}) {
    const std::string name = "opcode " + std::to_string(opcode);
    for (const std::size_t size : {126, 127, 128, 1000, 65535, 65536}) {
      // Begun like a proper Close, so that it is the length that is wrong.
      const std::string payload = "\x03\xe8" + std::string(size - 2, 'x');
      const std::string frame = client_frame(opcode, payload);
      cases.push_back(bad(name + ", " + std::to_string(size), frame, 1002));
      cases.push_back(bad(name + ", " + std::to_string(size) + ", by its first two bytes alone",
                          frame.substr(0, 2), 1002));
    }
    cases.push_back(bad(name + ", between fragments",
                        client_frame(1, "a", false) + client_frame(opcode, std::string(126, 'x')),
                        1002));
    cases.push_back(
        bad(name + ", claiming 2^62", raw_frame(0x80 | opcode, 127, 1ULL << 62, ""), 1002));
  }
  check(cases);
}

TEST_CASE("rfc 5.5: a control frame in fragments is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int opcode : {8, 9, 10}) {
    const std::string name = "opcode " + std::to_string(opcode);
    for (const std::string payload : {"", "\x03\xe8", "hello"}) {
      const std::string first = client_frame(opcode, payload, false);
      cases.push_back(bad(name + ", " + quoted(payload), first, 1002));
      cases.push_back(bad(name + ", " + quoted(payload) + ", with its end",
                          first + client_frame(0, "end"), 1002));
      cases.push_back(bad(name + ", " + quoted(payload) + ", between fragments",
                          client_frame(1, "a", false) + first + client_frame(0, "b"), 1002));
    }
  }
  check(cases);
}

}  // namespace
}  // namespace triloop::testing
