// RFC 6455 sections 5.1 and 7, where they say something else of a client than of a server.
#include "turned.h"

#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

// A frame of these bytes with a mask.
std::string masked(int first_byte, const std::string& payload) {
  std::string frame = {static_cast<char>(first_byte), static_cast<char>(0x80 | payload.size())};
  frame += "abcd";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ "abcd"[i % 4]);
  }
  return frame;
}

TEST_CASE("rfc 5.1: a server's frame with a mask is 1002", "[rfc]") {
  std::vector<Case> cases;
  for (const int opcode : {1, 2, 8, 9, 10}) {
    const std::string name = "opcode " + std::to_string(opcode);
    for (const std::string payload : {"", "hi", "\x03\xe8"}) {
      cases.push_back(bad(name + ", " + quoted(payload), masked(0x80 | opcode, payload), 1002));
    }
    cases.push_back(bad(name + ", after a message",
                        client_frame(1, "good") + masked(0x80 | opcode, "hi"), 1002,
                        {text("good")}));
  }
  cases.push_back(bad("a continuation", client_frame(1, "a", false) + masked(0x80, "b"), 1002));
  cases.push_back(bad("a first fragment", masked(0x01, "a"), 1002));
  cases.push_back(bad("by the first two bytes alone", "\x81\x85", 1002));
  for (Case& one : cases) {
    one.reason = "a frame with a mask: nothing that a server sends is masked";
  }
  check(cases);
}

TEST_CASE("rfc 7.1: a client's processor closes with its code and its reason, once", "[rfc]") {
  std::vector<Case> cases;
  const auto told = [&](const std::string& order, int code, const std::string& reason = {}) {
    Case one = bad(order, client_frame(2, order), static_cast<std::uint16_t>(code));
    one.reason = reason;
    cases.push_back(std::move(one));
  };
  for (const int code : {1000, 1001, 1008, 1011, 1014, 3000, 4999}) {
    told("!close " + std::to_string(code), code);
    told("!close " + std::to_string(code) + " bye", code, "bye");
  }
  told("!close 4000 " + std::string(123, 'r'), 4000, std::string(123, 'r'));
  told("!return", 1000);
  told("!throw", 1011);
  check(cases);
}

TEST_CASE("what a client sent is looked at without its masks", "[rfc]") {
  CHECK(unmask_all(masked(0x81, "hi") + masked(0x88, "")) == std::string("\x81\x02hi\x88\x00", 6));
  CHECK(unmask_all("\x81\x02hi") == "\x83");
  CHECK(unmask_all(masked(0x81, "hi").substr(0, 7)) == masked(0x81, "hi").substr(0, 7));
}

}  // namespace
}  // namespace triloop::testing
