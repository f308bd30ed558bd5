// RFC 6455 section 10.4: a message above the limit is 1009, as soon as a header says so.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

constexpr std::size_t kLimit = 1000;

Options limited() {
  Options options = patient_server_options();
  options.max_message_bytes = kLimit;
  return options;
}

std::string letters(std::size_t size) { return std::string(size, 'x'); }

TEST_CASE("rfc 10.4: a message of the limit passes", "[rfc]") {
  std::vector<Case> cases;
  for (const std::size_t size : {kLimit - 1, kLimit}) {
    const std::string whole = letters(size);
    const std::string name = std::to_string(size);
    cases.push_back(good(name + " of text", client_frame(1, whole), {text(whole)}));
    cases.push_back(good(name + ", binary", client_frame(2, whole), {binary(whole)}));
    cases.push_back(good(name + ", twice", client_frame(1, whole) + client_frame(1, whole),
                         {text(whole), text(whole)}));
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size}) {
      cases.push_back(good(name + ", cut at " + std::to_string(cut),
                           fragments(Opcode::text, {letters(cut), letters(size - cut)}),
                           {text(whole)}));
      cases.push_back(good(name + ", cut at " + std::to_string(cut) + ", with a ping between",
                           client_frame(1, letters(cut), false) + client_frame(9, letters(125)) +
                               client_frame(0, letters(size - cut)),
                           {text(whole)}, {letters(125)}));
    }
    cases.push_back(good(name + ", and empty fragments",
                         fragments(Opcode::binary, {"", whole, "", ""}), {binary(whole)}));
    const std::vector<std::string> bytes(size, "x");
    cases.push_back(
        good(name + ", each byte a fragment", fragments(Opcode::text, bytes), {text(whole)}));
  }
  check(cases, limited());
}

TEST_CASE("rfc 10.4: a larger message is 1009", "[rfc]") {
  std::vector<Case> cases;
  for (const std::size_t size : {kLimit + 1, 2 * kLimit, std::size_t{65536}}) {
    const std::string whole = letters(size);
    const std::string name = std::to_string(size);
    for (const Opcode opcode : {Opcode::text, Opcode::binary}) {
      const std::string frame = client_frame(opcode, whole);
      cases.push_back(bad(name, frame, 1009));
      cases.push_back(
          bad(name + ", after a message", client_frame(1, "a") + frame, 1009, {text("a")}));
      cases.push_back(bad(name + ", then a Close", frame + client_close(1000), 1009));
      cases.push_back(bad(name + ", not final", client_frame(opcode, whole, false), 1009));
      cases.push_back(
          bad(name + ", by its header alone", frame.substr(0, frame.size() - size), 1009));
      for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, kLimit}) {
        const std::string first = client_frame(opcode, letters(cut), false);
        const std::string second = client_frame(0, letters(size - cut));
        cases.push_back(bad(name + ", cut at " + std::to_string(cut), first + second, 1009));
        cases.push_back(
            bad(name + ", cut at " + std::to_string(cut) + ", by the second header alone",
                first + second.substr(0, second.size() - (size - cut)), 1009));
      }
    }
  }
  cases.push_back(bad("one byte in a fragment too many",
                      fragments(Opcode::text, std::vector<std::string>(kLimit + 1, "x")), 1009));
  check(cases, limited());
}

TEST_CASE("rfc 10.4: a length that is only claimed is refused by its header", "[rfc]") {
  std::vector<Case> cases;
  for (const int shift : {10, 15}) {
    const std::uint64_t size = std::uint64_t{1} << shift;
    cases.push_back(bad("2^" + std::to_string(shift), raw_frame(0x82, 126, size, ""), 1009));
  }
  for (const int shift : {16, 24, 31, 32, 33, 40, 48, 62}) {
    const std::uint64_t size = std::uint64_t{1} << shift;
    const std::string name = "2^" + std::to_string(shift);
    const std::string started = client_frame(2, "x", false);
    for (const std::uint64_t claim : {size, size + 1, 2 * size - 1}) {
      cases.push_back(bad(name + " or so", raw_frame(0x82, 127, claim, ""), 1009));
      cases.push_back(bad(name + " or so, text", raw_frame(0x81, 127, claim, "abc"), 1009));
      cases.push_back(
          bad(name + " or so, continued", started + raw_frame(0x80, 127, claim, "abc"), 1009));
    }
  }
  check(cases, limited());
}

TEST_CASE("rfc 10.4: a limit of one byte holds, and leaves control frames alone", "[rfc]") {
  Options options = patient_server_options();
  options.max_message_bytes = 1;
  const std::string most(125, 'p');
  check({good("nothing", client_frame(1, ""), {text("")}),
         good("one", client_frame(1, "a"), {text("a")}),
         good("the longest ping", client_frame(9, most), {}, {most}),
         good("the longest pong", client_frame(10, most), {}),
         good("one in fragments", fragments(Opcode::text, {"", "a", ""}), {text("a")}),
         {"the longest Close", client_close(1000, most.substr(2)), {}, {}, 1000, most.substr(2)},
         bad("two", client_frame(1, "ab"), 1009),
         bad("one and one", fragments(Opcode::text, {"a", "b"}), 1009)},
        options);
}

}  // namespace
}  // namespace triloop::testing
