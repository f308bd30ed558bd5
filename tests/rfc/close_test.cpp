// RFC 6455 sections 5.5.1 and 7: the client closes.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

Case closed(std::string name, std::string bytes, std::uint16_t code, std::string reason = "",
            std::vector<Echo> echoes = {}, std::vector<std::string> pongs = {}) {
  return {std::move(name),  std::move(bytes), std::move(echoes), std::move(pongs), code,
          std::move(reason)};
}

TEST_CASE("rfc 7.4: a code that may be sent comes back", "[rfc]") {
  std::vector<Case> cases;
  // Those of the RFC, those registered since (1012 to 1014), libraries (3000), private (4000).
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
                         1014, 3000, 3001, 3500, 3998, 3999, 4000, 4001, 4500, 4998, 4999}) {
    const auto number = static_cast<std::uint16_t>(code);
    const std::string name = std::to_string(code);
    cases.push_back(closed(name, client_close(number), number));
    cases.push_back(closed(name + ", with a reason", client_close(number, "bye"), number, "bye"));
    cases.push_back(closed(name + ", after a message",
                           client_frame(1, "last words") + client_close(number), number, "",
                           {text("last words")}));
  }
  check(cases);
}

TEST_CASE("rfc 7.4: a code that may not be sent is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int code : {0,    1,    2,    125,  255,  256,    500,    998,    999,   1004,
                         1005, 1006, 1015, 1016, 1017, 1100,   1999,   2000,   2001,  2500,
                         2998, 2999, 5000, 5001, 9999, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF}) {
    const auto number = static_cast<std::uint16_t>(code);
    const std::string name = std::to_string(code);
    cases.push_back(bad(name, client_close(number), 1002));
    cases.push_back(bad(name + ", with a reason", client_close(number, "bye"), 1002));
    cases.push_back(bad(name + ", after a message", client_frame(1, "last") + client_close(number),
                        1002, {text("last")}));
  }
  check(cases);
}

TEST_CASE("rfc 5.5.1: a Close frame is empty or has two bytes at least", "[rfc]") {
  std::vector<Case> cases = {
      closed("empty", client_frame(8, ""), 1005),
      closed("empty, after a message", client_frame(1, "a") + client_frame(8, ""), 1005, "",
             {text("a")}),
      closed("two bytes", client_frame(8, "\x03\xe8"), 1000),
  };
  for (int byte = 0; byte < 256; byte += 15) {
    cases.push_back(bad("one byte, " + hex(byte),
                        client_frame(8, std::string(1, static_cast<char>(byte))), 1002));
  }
  check(cases);
}

TEST_CASE("rfc 5.5.1: a reason of up to 123 bytes comes back", "[rfc]") {
  std::vector<Case> cases;
  for (const std::size_t size : {1, 2, 3, 62, 63, 121, 122, 123}) {
    const std::string reason(size, 'r');
    cases.push_back(
        closed(std::to_string(size) + " bytes", client_close(1000, reason), 1000, reason));
  }
  const std::string zeros("\0a\0", 3);
  cases.push_back(closed("with zeros", client_close(4000, zeros), 4000, zeros));
  for (const std::size_t size : {124, 125, 126, 1000}) {
    cases.push_back(
        bad(std::to_string(size) + " bytes", client_close(1000, std::string(size, 'r')), 1002));
  }
  check(cases);
}

TEST_CASE("rfc 5.5.1: what comes after a Close frame is ignored", "[rfc]") {
  const std::string bye = client_close(1000, "bye");
  check({
      closed("text", bye + client_frame(1, "late"), 1000, "bye"),
      closed("binary", bye + client_frame(2, "late"), 1000, "bye"),
      closed("a ping", bye + client_frame(9, "late"), 1000, "bye"),
      closed("a pong", bye + client_frame(10, "late"), 1000, "bye"),
      closed("another Close", bye + client_close(4000, "no"), 1000, "bye"),
      closed("an invalid Close", bye + client_close(999), 1000, "bye"),
      closed("a violation", bye + client_frame(3, ""), 1000, "bye"),
      closed("no mask", bye + unmasked(client_frame(1, "late")), 1000, "bye"),
      closed("half a frame", bye + client_frame(1, "late").substr(0, 5), 1000, "bye"),
      closed("text that is none", bye + client_frame(1, "\xff"), 1000, "bye"),
      closed("noise", bye + std::string(50'000, '\xff'), 1000, "bye"),
      closed("zeros", bye + std::string(50'000, '\0'), 1000, "bye"),
      closed("a request", bye + upgrade_request(), 1000, "bye"),
  });
}

TEST_CASE("rfc 7.1: what comes before a Close frame is answered before it", "[rfc]") {
  std::string many;
  std::vector<Echo> echoes;
  for (int i = 0; i < 300; ++i) {
    echoes.push_back(text("message " + std::to_string(i)));
    many += client_frame(1, echoes.back().payload);
  }
  check({
      closed("300 messages", many + client_close(1001), 1001, "", echoes),
      closed("a large one", client_frame(2, std::string(150'000, 'x')) + client_close(1001), 1001,
             "", {binary(std::string(150'000, 'x'))}),
      closed("fragments", fragments(Opcode::text, {"a", "b", "c"}) + client_close(1000), 1000, "",
             {text("abc")}),
      closed("a ping", client_frame(9, "p") + client_close(1000), 1000, "", {}, {"p"}),
      closed(
          "ping, text, ping",
          client_frame(9, "p") + client_frame(1, "t") + client_frame(9, "q") + client_close(1000),
          1000, "", {text("t")}, {"p", "q"}),
  });
}

}  // namespace
}  // namespace triloop::testing
