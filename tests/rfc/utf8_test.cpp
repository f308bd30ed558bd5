// RFC 6455 section 8.1, and RFC 3629: what is text. Each sequence of the tables is sent as one
// frame, cut at every byte into fragments, and as the reason of a Close frame.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

const std::vector<std::string> kText = {
    "",
    "a",
    "\x01",
    "\x7f",
    {"\0", 1},
    {"a\0b", 3},
    "plain ASCII",
    // Two bytes: the first, the last, something between.
    "\xc2\x80",
    "\xc3\xa4",
    "\xdf\xbf",
    "\xce\xba\xcf\x8c\xcf\x83\xce\xbc\xce\xb5",
    // Three: the first, both sides of the surrogates, noncharacters, the last.
    "\xe0\xa0\x80",
    "\xe0\xbf\xbf",
    "\xe1\x80\x80",
    "\xe2\x82\xac",
    "\xec\xbf\xbf",
    "\xed\x80\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xb7\x90",
    "\xef\xbb\xbf",
    "\xef\xbf\xbd",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xe4\xbd\xa0\xe5\xa5\xbd",
    // Four: the first, noncharacters, the last there is.
    "\xf0\x90\x80\x80",
    "\xf0\x9f\x99\x82",
    "\xf0\xbf\xbf\xbf",
    "\xf1\x80\x80\x80",
    "\xf3\xbf\xbf\xbf",
    "\xf4\x80\x80\x80",
    "\xf4\x8f\xbf\xbe",
    "\xf4\x8f\xbf\xbf",
    // Mixed lengths; a character of several code points.
    "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82z",
    "\xf0\x9f\x99\x82\xe2\x82\xac\xc3\xa4"
    "a",
    "e\xcc\x81",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"};

// With the number of bytes after which it is certain that nothing can make it text any more.
struct NoText {
  std::string bytes;
  std::size_t certain;
};
const std::vector<NoText> kNoText = {
    // Bytes that occur nowhere.
    {"\xc0", 1},
    {"\xc1", 1},
    {"\xf5", 1},
    {"\xf8", 1},
    {"\xfb", 1},
    {"\xfc", 1},
    {"\xfe", 1},
    {"\xff", 1},
    {"abc\xff", 4},
    {"\xff"
     "abc",
     1},
    {"\xc3\xa4\xff", 3},
    // The second half of nothing.
    {"\x80", 1},
    {"\xbf", 1},
    {"a\x80", 2},
    {"\x80\xbf\x80", 1},
    {"\xc3\xa4\x80", 3},
    {"\xe2\x82\xac\xac", 4},
    {"\xf0\x9f\x99\x82\x82", 5},
    // The first half, and then something else.
    {"\xc3"
     "a",
     2},
    {"\xc3\xc3\xa4", 2},
    {"\xe2"
     "aa",
     2},
    {"\xe2\x82"
     "a",
     3},
    {"\xe2\x82\xe2\x82\xac", 3},
    {"\xf0\x9f"
     "aa",
     3},
    {"\xf0\x9f\x99"
     "a",
     4},
    {"\xf0\x9f\x99\xf0", 4},
    {"\xf0"
     "a",
     2},
    {"\xdf\xff", 2},
    {"\xe4\xbd\xc0", 3},
    // Overlong forms.
    {"\xc0\x80", 1},
    {"\xc0\xaf", 1},
    {"\xc1\xbf", 1},
    {"\xe0\x80\x80", 2},
    {"\xe0\x80\xaf", 2},
    {"\xe0\x9f\xbf", 2},
    {"\xf0\x80\x80\x80", 2},
    {"\xf0\x80\x80\xaf", 2},
    {"\xf0\x8f\xbf\xbf", 2},
    {"\xf8\x80\x80\x80\xaf", 1},
    {"\xfc\x80\x80\x80\x80\xaf", 1},
    // Surrogates, alone and as a pair.
    {"\xed\xa0\x80", 2},
    {"\xed\xad\xbf", 2},
    {"\xed\xae\x80", 2},
    {"\xed\xaf\xbf", 2},
    {"\xed\xb0\x80", 2},
    {"\xed\xbe\x80", 2},
    {"\xed\xbf\xbf", 2},
    {"\xed\xa0\x80\xed\xb0\x80", 2},
    {"\xed\xa0\xbd\xed\xb9\x82", 2},
    {"\xce\xba\xcf\x8c\xed\xa0\x80"
     "edited",
     6},
    // Above U+10FFFF.
    {"\xf4\x90\x80\x80", 2},
    {"\xf4\xbf\xbf\xbf", 2},
    {"\xf5\x80\x80\x80", 1},
    {"\xf7\xbf\xbf\xbf", 1},
    {"\xf8\x88\x80\x80\x80", 1},
    {"\xfb\xbf\xbf\xbf\xbf", 1},
    {"\xfc\x84\x80\x80\x80\x80", 1},
    {"\xfd\xbf\xbf\xbf\xbf\xbf", 1}};

const std::vector<std::string> kHalf = {"\xc2",
                                        "\xdf",
                                        "a\xc3",
                                        "\xe0",
                                        "\xe0\xa0",
                                        "\xe2",
                                        "\xe2\x82",
                                        "\xed",
                                        "\xed\x9f",
                                        "\xef",
                                        "\xef\xbf",
                                        "\xf0",
                                        "\xf0\x90",
                                        "\xf0\x90\x80",
                                        "\xf0\x9f\x99",
                                        "\xf4",
                                        "\xf4\x8f",
                                        "\xf4\x8f\xbf",
                                        "whole\xc3\xa4 and half\xe2\x82"};

// One frame; two fragments, cut everywhere; each byte a fragment.
std::vector<std::pair<std::string, std::string>> forms_of(const std::string& bytes) {
  std::vector<std::pair<std::string, std::string>> forms = {{"", client_frame(1, bytes)}};
  std::vector<std::string> each;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    each.push_back(bytes.substr(cut, 1));
    if (cut == 0 && bytes.size() > 1) continue;
    forms.emplace_back(", cut at " + std::to_string(cut),
                       fragments(Opcode::text, {bytes.substr(0, cut), bytes.substr(cut)}));
  }
  if (bytes.size() > 1) forms.emplace_back(", each byte a frame", fragments(Opcode::text, each));
  return forms;
}

TEST_CASE("rfc 8.1: text passes, however it is cut", "[rfc]") {
  std::vector<Case> cases;
  for (const std::string& bytes : kText) {
    for (const auto& [how, frames] : forms_of(bytes)) {
      cases.push_back(good(quoted(bytes) + how, frames, {text(bytes)}));
    }
  }
  check(cases);
}

TEST_CASE("rfc 8.1: what is no text is 1007, however it is cut", "[rfc]") {
  std::vector<Case> cases;
  for (const NoText& no : kNoText) {
    for (const auto& [how, frames] : forms_of(no.bytes)) {
      cases.push_back(bad(quoted(no.bytes) + how, frames, 1007));
    }
    cases.push_back(bad(quoted(no.bytes) + ", after a message",
                        client_frame(1, "good") + client_frame(1, no.bytes), 1007, {text("good")}));
  }
  check(cases);
}

TEST_CASE("rfc 8.1: text that ends inside a character is 1007", "[rfc]") {
  std::vector<Case> cases;
  for (const std::string& bytes : kHalf) {
    for (const auto& [how, frames] : forms_of(bytes)) {
      cases.push_back(bad(quoted(bytes) + how, frames, 1007));
    }
    cases.push_back(
        bad(quoted(bytes) + ", and an empty end", fragments(Opcode::text, {bytes, "", ""}), 1007));
    cases.push_back(good(quoted(bytes) + ", but binary", client_frame(2, bytes), {binary(bytes)}));
  }
  check(cases);
}

// The message could still go on, the frame in one case too; but nothing could make it text.
TEST_CASE("rfc 8.1: text fails as soon as it cannot be text any more", "[rfc]") {
  std::vector<Case> cases;
  for (const NoText& no : kNoText) {
    const std::string part = no.bytes.substr(0, no.certain);
    const std::string name = quoted(part);
    cases.push_back(bad(name + ", more fragments to come", client_frame(1, part, false), 1007));
    cases.push_back(bad(name + ", the frame not yet over", raw_frame(0x81, 100, 0, part), 1007));
    cases.push_back(bad(name + ", in a second fragment",
                        client_frame(1, "good", false) + client_frame(0, part, false), 1007));
    cases.push_back(bad(name + ", and a ping that is too late",
                        client_frame(1, part, false) + client_frame(9, "late"), 1007));
  }
  check(cases);
}

TEST_CASE("rfc 8.1: the reason of a Close frame is text, too", "[rfc]") {
  std::vector<Case> cases;
  for (const std::string& bytes : kText) {
    cases.push_back({quoted(bytes), client_close(4000, bytes), {}, {}, 4000, bytes});
  }
  for (const NoText& no : kNoText) {
    cases.push_back(bad(quoted(no.bytes), client_close(4000, no.bytes), 1007));
  }
  for (const std::string& half : kHalf) {
    cases.push_back(bad(quoted(half), client_close(4000, half), 1007));
  }
  check(cases);
}

}  // namespace
}  // namespace triloop::testing
