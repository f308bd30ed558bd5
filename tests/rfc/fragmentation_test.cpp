// RFC 6455 section 5.4: messages in several frames.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

std::string begin(std::string_view payload) { return client_frame(Opcode::text, payload, false); }
std::string more(std::string_view payload) { return client_frame(0, payload, false); }
std::string last(std::string_view payload) { return client_frame(0, payload); }
std::string ping(std::string_view payload) { return client_frame(Opcode::ping, payload); }
std::string pong(std::string_view payload) { return client_frame(Opcode::pong, payload); }

std::string one_byte_fragments(Opcode opcode, const std::string& message) {
  std::vector<std::string> pieces;
  for (const char c : message) pieces.emplace_back(1, c);
  return fragments(opcode, pieces);
}

TEST_CASE("rfc 5.4: fragments are joined", "[rfc]") {
  const std::string long_part(40'000, 'l');
  const std::string alphabet = "abcdefghijklmnopqrstuvwxyz";
  const std::vector<std::string> hundred(100, "0123456789");
  std::string thousand;
  for (int i = 0; i < 100; ++i) thousand += "0123456789";
  check({
      good("two", begin("one ") + last("two"), {text("one two")}),
      good("three", begin("one ") + more("two ") + last("three"), {text("one two three")}),
      good("two, binary", fragments(Opcode::binary, {"\xff", "\xfe"}), {binary("\xff\xfe")}),
      good("a hundred", fragments(Opcode::binary, hundred), {binary(thousand)}),
      good("each byte", one_byte_fragments(Opcode::text, alphabet), {text(alphabet)}),
      good("large ones", fragments(Opcode::binary, {long_part, long_part, "x"}),
           {binary(long_part + long_part + "x")}),
      good("of all three length forms",
           fragments(Opcode::binary, {"x", std::string(126, 'y'), std::string(65536, 'z')}),
           {binary("x" + std::string(126, 'y') + std::string(65536, 'z'))}),
      good("an empty first", begin("") + last("a"), {text("a")}),
      good("an empty last", begin("a") + last(""), {text("a")}),
      good("an empty middle", begin("a") + more("") + last("b"), {text("ab")}),
      good("all empty", begin("") + more("") + more("") + last(""), {text("")}),
      good("all empty, binary", fragments(Opcode::binary, {"", "", ""}), {binary("")}),
      good("a hundred empty ones before the first byte",
           fragments(Opcode::text, std::vector<std::string>(100)) + client_frame(1, "next"),
           {text(""), text("next")}),
      good("one message after the other", begin("a") + last("b") + begin("c") + last("d"),
           {text("ab"), text("cd")}),
      good("text, then binary",
           fragments(Opcode::text, {"a", "b"}) + fragments(Opcode::binary, {"c", "d"}),
           {text("ab"), binary("cd")}),
      good("then a whole message", begin("a") + last("b") + client_frame(2, "c"),
           {text("ab"), binary("c")}),
      good("after a whole message", client_frame(2, "c") + begin("a") + last("b"),
           {binary("c"), text("ab")}),
  });
}

TEST_CASE("rfc 5.4: control frames may come between fragments", "[rfc]") {
  const std::string most(125, 'p');
  check({
      good("a ping", begin("a") + ping("p") + last("b"), {text("ab")}, {"p"}),
      good("an empty ping", begin("a") + ping("") + last("b"), {text("ab")}, {""}),
      good("the longest ping", begin("a") + ping(most) + last("b"), {text("ab")}, {most}),
      good("a ping in every gap", begin("a") + ping("1") + more("b") + ping("2") + last("c"),
           {text("abc")}, {"1", "2"}),
      good("two in one gap", begin("a") + ping("1") + ping("2") + last("b"), {text("ab")},
           {"1", "2"}),
      good("before and after", ping("1") + begin("a") + last("b") + ping("2"), {text("ab")},
           {"1", "2"}),
      good("a pong", begin("a") + pong("p") + last("b"), {text("ab")}),
      good("an empty pong", begin("a") + pong("") + last("b"), {text("ab")}),
      good("ping and pong", begin("a") + pong("x") + ping("y") + last("b"), {text("ab")}, {"y"}),
      good("a ping after an empty first fragment", begin("") + ping("p") + last("b"), {text("b")},
           {"p"}),
      good("a ping between binary fragments",
           client_frame(2, "\xff", false) + ping("p") + last("\xfe"), {binary("\xff\xfe")}, {"p"}),
      good("a ping that is not UTF-8 between text fragments",
           begin("a") + ping("\xff\xc0") + last("b"), {text("ab")}, {"\xff\xc0"}),
      good("a ping inside a character", begin("\xe4\xbd") + ping("p") + last("\xa0"),
           {text("\xe4\xbd\xa0")}, {"p"}),
      {"a Close: the half message is not answered", begin("a") + client_close(1000), {}, {}},
      {"a Close with another code",
       begin("a") + more("b") + client_close(4000, "enough"),
       {},
       {},
       4000,
       "enough"},
      {"a Close, then the rest", begin("a") + client_close(1000) + last("b"), {}, {}},
      {"an empty Close", begin("a") + client_frame(8, ""), {}, {}, 1005},
  });
}

TEST_CASE("rfc 5.4: a fragment out of place is 1002", "[rfc]") {
  std::vector<Case> cases = {
      bad("a last fragment of nothing", last("a"), 1002),
      bad("a middle fragment of nothing", more("a"), 1002),
      bad("an empty last fragment of nothing", last(""), 1002),
      bad("an empty middle fragment of nothing", more(""), 1002),
      bad("after a whole message", client_frame(1, "a") + last("b"), 1002, {text("a")}),
      bad("after a whole message, not final", client_frame(1, "a") + more("b"), 1002, {text("a")}),
      bad("after the last one", begin("a") + last("b") + last("c"), 1002, {text("ab")}),
      bad("after the last one, not final", begin("a") + last("b") + more("c"), 1002, {text("ab")}),
      bad("after a ping", ping("p") + last("a"), 1002, {}, {"p"}),
      bad("after an empty message", client_frame(2, "") + last("a"), 1002, {binary("")}),
  };
  for (const int inner : {1, 2}) {
    for (const bool fin : {true, false}) {
      for (const int outer : {1, 2}) {
        for (const std::string payload : {"", "b"}) {
          const std::string name = "opcode " + std::to_string(inner) + " inside " +
                                   std::to_string(outer) + (fin ? "" : ", not final") +
                                   (payload.empty() ? ", empty" : "");
          const std::string started = client_frame(outer, "a", false);
          cases.push_back(bad(name, started + client_frame(inner, payload, fin), 1002));
          cases.push_back(bad(name + ", after a ping",
                              started + ping("p") + client_frame(inner, payload, fin), 1002, {},
                              {"p"}));
          cases.push_back(bad(name + ", after a middle fragment",
                              started + more("m") + client_frame(inner, payload, fin), 1002));
        }
      }
    }
  }
  check(cases);
}

}  // namespace
}  // namespace triloop::testing
