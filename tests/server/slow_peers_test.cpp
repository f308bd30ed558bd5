// Peers that are slow, pause, or talk while they read, over TCP: they live, and get everything.
// Each is a report, and its figures are too large for every run: times are divided by
// TRILOOP_SLOW_PEERS and rates multiplied, by 10 if it is not set. With 1 they are the reported
// ones: ./test.sh slow-peers.
//
// The receive buffers are fixed: one of megabytes acknowledges long before its program reads
// (docs/architecture.md, "Who is dead, and who is only slow").
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::client_close;
using testing::client_frame;
using testing::LogCapture;
using testing::plain_echo;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr int kContinuation = 0;
// Two segments of loopback: with less, windows open only when the sender's timer asks.
constexpr int kReceiveBuffer = 128 * 1024;

int scale() {
  const char* const given = std::getenv("TRILOOP_SLOW_PEERS");
  return given == nullptr ? 10 : std::max(std::atoi(given), 1);
}
milliseconds scaled(milliseconds time) { return time / scale(); }
std::size_t scaled(std::size_t bytes_per_second) {
  return bytes_per_second * static_cast<std::size_t>(scale());
}

// The defaults, in the scale of the run.
Options defaults() {
  Options options = quiet_options();
  options.ping_interval = scaled(milliseconds(20'000));
  options.pong_timeout = scaled(milliseconds(20'000));
  options.write_timeout = scaled(milliseconds(30'000));
  options.close_timeout = scaled(milliseconds(5'000));
  return options;
}

// What came, up to the end.
struct Outcome {
  std::size_t bytes = 0;
  std::uint16_t code = 0;  // of the Close; 0: there was none
  bool reset = false;
};

// Reads to the end, and answers each ping as soon as it reads it. `meanwhile` after each frame.
Outcome read_all(
    TestClient& client, const std::function<void()>& meanwhile = [] {}) {
  Outcome outcome;
  try {
    while (const auto frame = client.next_frame()) {
      if (frame->is(Opcode::ping)) client.send(client_frame(Opcode::pong, frame->payload));
      if (frame->is(Opcode::text) || frame->is(Opcode::binary)) {
        outcome.bytes += frame->payload.size();
      }
      if (frame->is(Opcode::close)) {
        outcome.code = frame->close_code();
        client.send(client_close(outcome.code));
      }
      meanwhile();
    }
  } catch (const std::exception&) {
    outcome.reset = true;
  }
  return outcome;
}

// A line of the table that ./test.sh slow-peers prints.
void report(const char* row, const std::string& seen) {
  std::puts(fmt::format("{:<44} {}", row, seen).c_str());
}

std::string told(std::uint16_t code) { return code == 0 ? "no Close" : std::to_string(code); }

double seconds_since(TimePoint start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void report(const char* row, const Outcome& outcome, std::size_t expected, TimePoint since) {
  const auto mib = [](std::size_t bytes) { return static_cast<double>(bytes) / kMiB; };
  report(row,
         fmt::format("{:.2f} of {:.2f} MiB, {}, {:.1f} s", mib(outcome.bytes), mib(expected),
                     outcome.reset ? "then a reset" : told(outcome.code), seconds_since(since)));
  CHECK(outcome.bytes == expected);
  CHECK_FALSE(outcome.reset);
}

// A processor that writes so many messages, and returns.
Processor writes(int messages, std::size_t bytes) {
  return [=](Connection& self) {
    for (int i = 0; i < messages; ++i) {
      if (!self.write(Message::binary(std::string(bytes, 'x')))) return;
    }
  };
}

TEST_CASE("slow peers: a ping behind megabytes has not reached the peer", "[slow_peers]") {
  const LogCapture log;
  RunningServer server(writes(192, 64 * 1024), defaults());  // as a proxy does
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  client.read_at(scaled(std::size_t{120'000}));
  const Outcome outcome = read_all(client);
  INFO(log.text());
  report("1: 12 MiB at 120 kB/s, pings", outcome, 12 * kMiB, start);
  CHECK(outcome.code == 1000);
}

TEST_CASE("slow peers: an echo that is read slowly", "[slow_peers]") {
  std::size_t size = 5 * kMiB, rate = 60'000;
  Options options = defaults();
  const char* row = "2: an echo of 5 MiB at 60 kB/s";
  SECTION("of 5 MiB") {}
  SECTION("of 3 MiB, with a ping each second") {
    size = 3 * kMiB, rate = 500'000;
    options.ping_interval = scaled(milliseconds(1000)) * 4;
    options.pong_timeout = scaled(milliseconds(1000)) * 4;
    if (scale() == 1) options.ping_interval = options.pong_timeout = milliseconds(1000);
    row = "2: an echo of 3 MiB at 500 kB/s, pings";
  }
  RunningServer server(
      [](Connection& self) {
        if (auto message = self.read()) self.write(std::move(*message));
      },
      options);
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  client.send(client_frame(Opcode::binary, std::string(size, 'x')));
  client.read_at(scaled(rate));
  report(row, read_all(client), size, start);
}

TEST_CASE("slow peers: a pause is longer than the pong timeout", "[slow_peers]") {
  Options options = quiet_options();
  options.ping_interval = milliseconds(200);
  options.pong_timeout = milliseconds(1500);
  options.write_timeout = milliseconds(10'000);
  RunningServer server(writes(8, kMiB), options);
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  bool paused = false;
  const Outcome outcome = read_all(client, [&] {
    if (!std::exchange(paused, true)) Latch().wait_until(Clock::now() + milliseconds(4000));
  });
  report("3: 8 MiB, a pause of 4 s", outcome, 8 * kMiB, start);
}

TEST_CASE("slow peers: a drain flows for longer than the close timeout", "[slow_peers]") {
  RunningServer server(writes(256, 64 * 1024), defaults());
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  client.read_at(scaled(std::size_t{500'000}));
  const Outcome outcome = read_all(client);
  report("4: 16 MiB at 500 kB/s, the processor returns", outcome, 16 * kMiB, start);
  CHECK(outcome.code == 1000);
}

TEST_CASE("slow peers: one that talks while it reads draws no reset", "[slow_peers]") {
  RunningServer server(writes(96, 64 * 1024), defaults());
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  client.read_at(scaled(std::size_t{500'000}));
  TimePoint talk = Clock::now();
  const Outcome outcome = read_all(client, [&] {
    if (Clock::now() < talk) return;
    client.send(client_frame(Opcode::text, "abc"));
    talk = Clock::now() + scaled(milliseconds(500));
  });
  report("5: 6 MiB at 500 kB/s, the peer talks", outcome, 6 * kMiB, start);
  CHECK(outcome.code == 1000);
}

TEST_CASE("slow peers: a Close behind 16 MiB comes back behind 16 MiB", "[slow_peers]") {
  RunningServer server(plain_echo, defaults());
  TestClient client(server.port(), kReceiveBuffer);
  const TimePoint start = Clock::now();
  client.open();
  client.read_at(scaled(std::size_t{500'000}));
  testing::Worker sends([&] {
    for (int i = 0; i < 256; ++i) {
      client.send(client_frame(Opcode::binary, std::string(64 * 1024, 'x')));
    }
    client.send(client_close(1000));
  });
  Outcome outcome;
  try {
    while (const auto frame = client.next_frame()) {
      if (frame->is(Opcode::binary)) outcome.bytes += frame->payload.size();
      if (frame->is(Opcode::close)) outcome.code = frame->close_code();
    }
  } catch (const std::exception&) {
    outcome.reset = true;
  }
  report("6: 256 x 64 KiB and a Close, echoed", outcome, 16 * kMiB, start);
  CHECK(outcome.code == 1000);
}

TEST_CASE("slow peers: one that dies is found within an interval and the timeout", "[slow_peers]") {
  Options options = quiet_options();
  options.ping_interval = milliseconds(100);
  options.pong_timeout = milliseconds(250);
  RunningServer server(plain_echo, options);
  TestClient client(server.port());
  client.open();
  const auto ping = client.next_frame();
  REQUIRE(ping->is(Opcode::ping));
  client.send(client_frame(Opcode::pong, ping->payload));
  const TimePoint last = Clock::now();
  int pings = 0;
  while (const auto frame = client.next_frame()) pings += frame->is(Opcode::ping) ? 1 : 0;
  report("7: it answers one ping and dies",
         fmt::format("found after {:.2f} s", seconds_since(last)));
  CHECK(Clock::now() - last >= options.pong_timeout);
  CHECK(pings >= 1);
}

TEST_CASE("slow peers: one that answers no ping after its Close gets every reply", "[slow_peers]") {
  constexpr int kMessages = 8;
  Options options = quiet_options();
  options.ping_interval = milliseconds(100);
  options.pong_timeout = milliseconds(300);
  options.close_timeout = milliseconds(10'000);
  RunningServer server(
      [](Connection& self) {
        for (Message& message : self) {
          Latch().wait_until(Clock::now() + milliseconds(300));  // its work
          if (!self.write(std::move(message))) return;
        }
      },
      options);
  TestClient client(server.port());
  client.open();
  std::string all;
  for (int i = 0; i < kMessages; ++i) all += client_frame(Opcode::text, "work");
  client.send(all + client_close(1000));
  int replies = 0;
  std::uint16_t code = 0;
  while (const auto frame = client.next_frame()) {
    replies += frame->is(Opcode::text) ? 1 : 0;
    if (frame->is(Opcode::close)) code = frame->close_code();
  }
  report("8: 8 messages of 300 ms each and a Close",
         fmt::format("{} of {} replies, {}", replies, kMessages, told(code)));
  CHECK(replies == kMessages);
  CHECK(code == 1000);
}

TEST_CASE("slow peers: one that is five pings away has a round trip", "[slow_peers]") {
  constexpr milliseconds kInterval{10};
  constexpr std::size_t kAway = 5;
  std::optional<std::chrono::nanoseconds> seen;
  {
    RunningServer server([&](Connection& self) {
      for (int i = 0; i < 100; ++i) {
        self.ping();
        if (self.over().wait_until(Clock::now() + kInterval)) return;
      }
      seen = self.round_trip();
    });
    TestClient client(server.port());
    client.open();
    std::deque<std::string> on_their_way;
    while (const auto frame = client.next_frame()) {
      if (frame->is(Opcode::close)) client.send(client_close(1000));
      if (!frame->is(Opcode::ping)) continue;
      on_their_way.push_back(frame->payload);
      if (on_their_way.size() <= kAway) continue;
      client.send(client_frame(Opcode::pong, on_their_way.front()));
      on_their_way.pop_front();
    }
  }
  report("9: a ping every 10 ms, 50 ms away",
         seen ? fmt::format("a round trip of {} ms", seen->count() / 1'000'000) : "no round trip");
  REQUIRE(seen);
  CHECK(*seen >= kAway * kInterval);
}

TEST_CASE("slow peers: a ping before the last fragment is answered before the echo",
          "[slow_peers]") {
  constexpr int kConnections = 50;
  RunningServer server;
  int in_order = 0;
  for (int i = 0; i < kConnections; ++i) {
    TestClient client(server.port());
    client.open();
    client.send(client_frame(Opcode::text, "a", false) + client_frame(kContinuation, "b", false) +
                client_frame(Opcode::ping, "A"));
    REQUIRE(client.next_frame()->payload == "A");
    client.send(client_frame(kContinuation, "c", false) + client_frame(kContinuation, "d", false) +
                client_frame(Opcode::ping, "B") + client_frame(kContinuation, "e"));
    const auto pong = client.next_frame();
    const auto echo = client.next_frame();
    in_order += pong->is(Opcode::pong) && echo->payload == "abcde" ? 1 : 0;
  }
  report("10: a ping before the last fragment",
         fmt::format("answered before the echo in {} of {}", in_order, kConnections));
  CHECK(in_order == kConnections);
}

}  // namespace
}  // namespace triloop
