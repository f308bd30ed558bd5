// src/demo/lab.h: what a visitor of the lab can cause on the server.
#include "demo/lab.h"

#include <optional>
#include <string>

#include "demo/processors/delay.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::client_close;
using testing::client_frame;
using testing::quiet_options;
using testing::TestClient;

Options impatient() {
  Options options = quiet_options();
  options.queue_messages = 4;
  options.write_timeout = milliseconds(300);
  return options;
}

// A server with a lab.
struct LabServer {
  explicit LabServer(const Options& options = quiet_options()) : server(options) {
    server.label_connections("tab");
    serve_lab(server, options);
    running.emplace(server);
  }

  std::optional<ConnectionSnapshot> find(const std::string& tab) const {
    for (const ConnectionSnapshot& one : server.snapshot().connections) {
      if (one.label == tab) return one;
    }
    return std::nullopt;
  }
  bool is_in(const std::string& tab, ConnectionSnapshot::State state) const {
    const auto one = find(tab);
    return one && one->state == state;
  }

  Server server;
  std::optional<testing::Running> running;
};

struct Visitor : TestClient {
  explicit Visitor(const LabServer& lab, const std::string& tab = "visitor")
      : TestClient(lab.server.port()) {
    open("/lab?tab=" + tab);
  }
  std::string hear(const std::string& command) {
    send_text(command);
    return next_text();
  }
};

constexpr auto kOpen = ConnectionSnapshot::State::open;
constexpr auto kEnded = ConnectionSnapshot::State::ended;

TEST_CASE("lab: a peer that stops reading ends by the write timeout", "[lab]") {
  const LabServer lab(impatient());
  Visitor visitor(lab);
  CHECK(visitor.hear("!peer stops-reading p1") == "!peer p1");
  await("the peer to be gone", [&] { return lab.is_in("p1", kEnded); });
  const auto last = *lab.find("p1");
  REQUIRE(last.closed);
  CHECK(last.closed->by == ClosedBy::network);
  CHECK(last.closed->code == close_code::kAbnormal);
  CHECK(last.messages_received > 4);
  await("no thread of it", [] { return testing::threads_named("lab-peer").empty(); });
  CHECK(visitor.hear("hello") == "hello");
}

TEST_CASE("lab: everybody before a peer that stops reading waits for room", "[lab]") {
  const LabServer lab(impatient());
  Visitor visitor(lab);
  visitor.hear("!peer stops-reading p1");
  await("reader and processor to wait for room, or the end", [&] {
    const auto one = lab.find("p1");
    return one && ((one->reader.doing == Doing::waiting_for_room &&
                    one->processor.doing == Doing::waiting_for_room) ||
                   one->state == kEnded);
  });
  CHECK(lab.find("p1")->reader.waiting_for_room > milliseconds(0));
}

TEST_CASE("lab: a peer that vanishes ends by the pong timeout", "[lab]") {
  Options options = quiet_options();
  options.ping_interval = milliseconds(50);
  options.pong_timeout = milliseconds(100);
  const LabServer lab(options);
  TestClient visitor(lab.server.port());  // answers no pings either: it only asks
  visitor.open("/lab");
  visitor.send_text("!peer vanishes p1");
  await("the peer to be gone", [&] { return lab.is_in("p1", kEnded); });
  CHECK(lab.find("p1")->closed->by == ClosedBy::network);
  await("no thread of it", [] { return testing::threads_named("lab-peer").empty(); });
}

TEST_CASE("lab: there are four peers at most, and one more when one has gone", "[lab]") {
  const LabServer lab;
  Visitor visitor(lab);
  for (const char* tab : {"p1", "p2", "p3", "p4"}) {
    CHECK(visitor.hear(std::string("!peer vanishes ") + tab) == std::string("!peer ") + tab);
    await("it to be there", [&] { return lab.is_in(tab, kOpen); });
  }
  CHECK(visitor.hear("!peer vanishes p5") == "!refused there are as many peers as may be");
  CHECK(visitor.hear("!cut p2") == "!cut p2");
  await("it to be gone", [&] { return lab.is_in("p2", kEnded); });
  await("its thread, too", [] { return testing::threads_named("lab-peer").size() == 3; });
  CHECK(visitor.hear("!peer vanishes p5") == "!peer p5");
}

TEST_CASE("lab: a connection can be cut by its tab, and no other is", "[lab]") {
  const LabServer lab;
  Visitor cuts(lab, "cuts"), is_cut(lab, "mine"), stays(lab, "theirs");
  CHECK(stays.hear("x") == "x");
  CHECK(is_cut.hear("x") == "x");
  CHECK(cuts.hear("!cut mine") == "!cut mine");
  CHECK_FALSE(is_cut.next_frame());  // the end of the stream, without a Close
  CHECK(stays.hear("y") == "y");
  CHECK(lab.find("mine")->closing->by == ClosedBy::application);
  await("it to be gone", [&] { return lab.is_in("mine", kEnded); });
  CHECK(cuts.hear("!cut mine") == "!refused there is no such tab");
}

TEST_CASE("lab: what is no command is echoed, and what cannot be done is refused", "[lab]") {
  const LabServer lab;
  Visitor visitor(lab);
  for (const char* text : {"!peer", "!peer vanishes", "!cut", "peer vanishes x", "!cutx y", ""}) {
    CHECK(visitor.hear(text) == text);
  }
  for (const char* text : {"!peer jumps p1", "!peer vanishes p.1", "!peer vanishes visitor",
                           "!peer vanishes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    INFO(text);
    CHECK(visitor.hear(text).find("!refused ") == 0);
  }
}

TEST_CASE("lab: a server with peers stops at once, and leaves no thread", "[lab]") {
  Options options = quiet_options();
  options.write_timeout = std::chrono::minutes(1);
  const auto since = Clock::now();
  {
    const LabServer lab(options);
    Visitor visitor(lab);
    CHECK(visitor.hear("!peer stops-reading p1") == "!peer p1");
    CHECK(visitor.hear("!peer vanishes p2") == "!peer p2");
    await("both", [&] { return lab.is_in("p1", kOpen) && lab.is_in("p2", kOpen); });
    visitor.reset();
  }
  CHECK(Clock::now() - since < options.close_timeout);
  CHECK(testing::threads_named("lab-peer").empty());
}

TEST_CASE("lab: a delay has a unit and a bound", "[lab]") {
  CHECK(parse_delay("200ms") == milliseconds(200));
  CHECK(parse_delay("1.5s") == milliseconds(1500));
  CHECK(parse_delay("0ms") == milliseconds(0));
  CHECK(parse_delay("10s") == milliseconds(10'000));
  for (const char* bad :
       {"", "200", "ms", "-1ms", "10.1s", "1e9s", "nan s", "nans", "infs", "1 h"}) {
    INFO(bad);
    CHECK_FALSE(parse_delay(bad));
  }
}

TEST_CASE("lab: it echoes, closes and throws as it is told", "[lab]") {
  const LabServer lab;
  const auto last_of = [&](const std::string& command) {
    TestClient client(lab.server.port());
    client.open("/lab");
    client.send_text("hello");
    CHECK(client.next_text() == "hello");
    client.send_text(command);
    return client.frames_to_end().back();
  };
  CHECK(last_of("!close 4000 as told").close_code() == 4000);
  CHECK(last_of("!close 4000 as told").close_reason() == "as told");
  CHECK(last_of("!close 1000").close_reason().empty());
  CHECK(last_of("!throw").close_code() == 1011);
  CHECK(last_of("!close 5").close_code() == 1011);  // a code that may not be sent
}

TEST_CASE("lab: a delay that is none is 1008, and says what one looks like", "[lab]") {
  const LabServer lab;
  TestClient client(lab.server.port());
  client.open("/lab?delay=slow");
  const auto frames = client.frames_to_end();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].close_code() == 1008);
  CHECK(frames[0].close_reason().find("200ms") != std::string::npos);
}

TEST_CASE("lab: a slow processor is not slow any more once an ending has begun", "[lab]") {
  const LabServer lab;
  TestClient client(lab.server.port());
  client.open("/lab?delay=10s");
  std::string many;
  for (int i = 0; i < 100; ++i) many += client_frame(Opcode::text, "x");
  client.send(many + client_close(1000));
  CHECK(client.frames_to_end().size() == 101);  // well before the close timeout
}

}  // namespace
}  // namespace triloop
