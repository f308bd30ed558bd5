// RFC 6455 section 7: the server closes.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

Case told(std::string order, std::uint16_t code, std::string reason = "",
          const std::string& after = "") {
  std::string name = order + (after.empty() ? "" : ", and " + quoted(after) + " after it");
  return {std::move(name), client_frame(2, order) + after, {}, {}, code, std::move(reason)};
}

// After the server's Close frame the client may still have something to say, before it has seen it.
TEST_CASE("rfc 7.1: a processor's close sends its code and its reason, once", "[rfc]") {
  std::vector<Case> cases;
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999}) {
    const auto number = static_cast<std::uint16_t>(code);
    const std::string order = "!close " + std::to_string(code);
    cases.push_back(told(order, number));
    cases.push_back(told(order + " bye", number, "bye"));
  }
  const std::string longest(123, 'r');
  cases.push_back(told("!close 4000 " + longest, 4000, longest));
  cases.push_back(told("!close 4000 \xc3\xa4\xf0\x9f\x99\x82", 4000, "\xc3\xa4\xf0\x9f\x99\x82"));
  check(cases);
}

TEST_CASE("rfc 7.4: what may not be sent cannot be sent: the processor's mistake is 1011",
          "[rfc]") {
  std::vector<Case> cases;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    cases.push_back(told("!close " + std::to_string(code), 1011));
  }
  for (Case& one : cases) one.reason.reset();
  cases.push_back(
      bad("a reason of 124 bytes", client_frame(2, "!close 4000 " + std::string(124, 'r')), 1011));
  cases.push_back(bad("a reason that is no text", client_frame(2, "!close 4000 \xff"), 1011));
  cases.push_back(bad("an exception", client_frame(1, "!throw"), 1011));
  check(cases);
}

TEST_CASE("rfc 7.1: a processor that returns closes with 1000", "[rfc]") {
  check({
      bad("at once", client_frame(1, "!return"), 1000),
      bad("after an echo", client_frame(1, "a") + client_frame(1, "!return"), 1000, {text("a")}),
      bad("inside the client's next message",
          client_frame(1, "!return") + client_frame(1, "half", false), 1000),
  });
}

TEST_CASE("rfc 7.1: the client answers the server's Close as it likes", "[rfc]") {
  RunningServer server(obedient_echo, patient_server_options());
  const std::string answers[] = {client_close(4000),
                                 client_frame(8, ""),
                                 client_close(1000, "another reason"),
                                 client_close(999),
                                 client_frame(8, "x"),
                                 client_frame(1, "late") + client_close(4000),
                                 client_frame(9, "late") + client_close(4000),
                                 client_frame(3, "violation"),
                                 client_frame(1, "half", false) + client_close(4000),
                                 "\x81",
                                 std::string(100'000, '\xff'),
                                 ""};
  for (const std::string& answer : answers) {
    for (const Delivery delivery : {Delivery::at_once, Delivery::byte_by_byte}) {
      INFO(quoted(answer) << ", " << name_of(delivery));
      Wire wire(server.port());
      wire.send(upgrade_request() + client_frame(1, "!close 4000 enough"));
      wire.head();
      const Transcript seen = transcript(wire.up_to_close());
      CHECK(seen.close_codes == std::vector<std::uint16_t>{4000});
      CHECK(seen.close_reason == "enough");
      CHECK(seen.faults.empty());
      // Nothing comes after that, and no reset either.
      if (delivery == Delivery::at_once) wire.send(answer);
      if (delivery == Delivery::byte_by_byte) wire.send_byte_by_byte(answer);
      wire.end_stream();
      CHECK(wire.rest().empty());
    }
  }
}

TEST_CASE("rfc 7.4.1: a server that stops says 1001, whatever its clients are doing", "[rfc]") {
  struct State {
    std::string before, behind;  // what the client sends before the server's Close, and then
  };
  const std::string frame = client_frame(1, "half a frame");
  const State states[] = {{"", ""},
                          {client_frame(1, "half", false), ""},
                          {frame.substr(0, 4), frame.substr(4)},
                          {frame.substr(0, 1), frame.substr(1)},
                          {client_frame(9, "p"), ""}};
  for (const auto& [before, behind] : states) {
    INFO(quoted(before));
    RunningServer server(obedient_echo, patient_server_options());
    Wire wire(server.port());
    wire.send(upgrade_request() + before);
    REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
    server.server().stop();
    const Transcript seen = transcript(wire.up_to_close());
    wire.send(behind + client_close(1001));
    CHECK(wire.rest().empty());
    CHECK(seen.close_codes == std::vector<std::uint16_t>{1001});
    CHECK(seen.faults.empty());
    CHECK(seen.messages.empty());
  }
}

TEST_CASE("rfc 7.4.1: a server that stops says the code that it was told to say", "[rfc]") {
  for (const int code : {1001, 1012, 4321}) {
    INFO(code);
    const LogCapture log;
    Options options = patient_server_options();
    options.stop_code = static_cast<std::uint16_t>(code);
    RunningServer server(obedient_echo, options);
    Transcript seen;
    {
      Wire wire(server.port());
      wire.send(upgrade_request());
      REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
      server.server().stop();
      seen = transcript(wire.up_to_close());
      wire.send(client_close(options.stop_code));
      CHECK(wire.rest().empty());
    }
    CHECK(seen.close_codes == std::vector<std::uint16_t>{options.stop_code});
    CHECK(seen.close_reason == "server stopping");
    log.await("closed by server, " + std::to_string(code) + " \"server stopping\"\n");
  }
}

TEST_CASE("rfc 7.4.1: whom the second stop cuts off sees no code, whatever was to be said",
          "[rfc]") {
  const LogCapture log;
  Options options = patient_server_options();
  options.stop_code = 1012;
  RunningServer server(obedient_echo, options);
  Wire wire(server.port());
  wire.send(upgrade_request());
  REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
  server.server().stop();
  const Transcript seen = transcript(wire.up_to_close());  // and leaves it without an answer
  CHECK(seen.close_codes == std::vector<std::uint16_t>{1012});
  CHECK(server.stop().empty());
  log.await(
      "closed by server, 1012 \"server stopping\"; cut short by server, 1001 \"the server could "
      "wait no longer\"\n");
}

}  // namespace
}  // namespace triloop::testing
