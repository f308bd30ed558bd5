// The real accept loop and all that it starts, stopped at every moment of its connections' lives.
#include <chrono>
#include <functional>
#include <vector>

#include "scenarios.h"
#include "server_play.h"
#include "triloop/latch.h"
#include "triloop/server.h"

namespace explore {
namespace {

// An open connection is told why it ends.
void expect_going_away(const Received& received) {
  if (!received.has("101 Switching") || time_came_early()) return;
  require(received.has(server_frame(8, code(1001) + "server stopping")), "no 1001");
}

void while_a_connection_is_open() {
  const Stopped stopped = run_fair({{kRequest + client_frame(1, "a")}});
  expect_all_gone(stopped);
  expect_going_away(stopped.received[0]);
}

void during_a_handshake() {
  const Stopped stopped = run_fair({{kRequestLine}});
  expect_all_gone(stopped);
  require(stopped.received[0].bytes.empty(), "an answer to half a request");
}

void while_one_is_open_and_one_shakes_hands() {
  const Stopped stopped = run_fair({{kRequest, kRequestLine}});
  expect_all_gone(stopped);
  expect_going_away(stopped.received[0]);
}

void while_the_peer_closes() {
  expect_all_gone(run_fair({{kRequest + client_frame(8, code(1000))}}));
}

Play with_a_peer_that_takes_nothing() {
  Play play{{kRequest + client_frame(1, "a") + client_frame(1, "b")}};
  play.options = narrow();
  play.peers_take = 129;  // the handshake's answer
  return play;
}

// Only time can free this one.
void while_the_peer_takes_nothing() { expect_all_gone(run(with_a_peer_that_takes_nothing())); }

// Not even the handshake's answer: run() frees it in time.
void while_an_answer_is_not_taken() {
  Play play{{kRequest}};
  play.options.handshake_timeout = std::chrono::minutes(1);
  play.peers_take = 0;
  expect_all_gone(run(play));
}

// Each at any moment of its own.
std::function<void(triloop::Server&, Kernel&)> stops(int count) {
  return [count](triloop::Server& server, Kernel& kernel) {
    for (int i = 0; i < count; ++i) stop_at_any_moment(server, kernel);
  };
}

// The second stop() does not wait for what the first one waits for.
void twice() {
  Play play = with_a_peer_that_takes_nothing();
  play.meanwhile = [](triloop::Server& server, Kernel& /*kernel*/) {
    any_moment();
    server.stop();
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

void twice_during_a_handshake() {
  Play play{{kRequestLine}};
  play.meanwhile = stops(2);
  expect_all_gone(run_fair(play));
}

// The drain and the abort begin while those of the connection's own do.
void twice_while_a_processor_returns() {
  Play play{{kRequest}};
  play.processor = [](triloop::Connection&) {};
  play.meanwhile = stops(2);
  expect_all_gone(run_fair(play));
}

// The third one changes nothing: what was aborted has its time to end.
void three_times_during_a_handshake() {
  Play play{{kRequestLine}};
  play.meanwhile = stops(3);
  expect_all_gone(run_fair(play));
}

void three_times() {
  Play play{{kRequest}};
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    any_moment();
    server.stop();
    server.stop();
    stop_at_any_moment(server, kernel);
  };
  expect_all_gone(run_fair(play));
}

void by_a_processor() {
  triloop::Server* stops = nullptr;
  Play play{{kRequest}};
  play.before_run = [&](triloop::Server& server, Kernel& /*kernel*/) { stops = &server; };
  play.processor = [&](triloop::Connection&) { stops->stop(); };
  expect_all_gone(run_fair(play));
}

// run() returns all the same, and says so; the destructor waits for it.
void while_a_processor_does_not_return() {
  triloop::Latch gate;
  bool entered = false;
  Play play{{kRequest}};
  play.processor = [&](triloop::Connection&) {
    entered = true;
    gate.wait();
  };
  play.after_run = [&] { gate.fire({}); };
  const Stopped stopped = run(play);
  require(entered || stopped.stuck.empty() || time_came_early(),
          "a connection is left that nobody holds");
}

// With room for one request at a time, the accept loop hears that the first is in, and goes on.
void with_room_for_one_handshake() {
  triloop::Latch second_is_answered;
  Play play{{kRequest, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"}};
  play.options.max_handshakes = 1;
  play.before_run = [&](triloop::Server& server, Kernel& /*kernel*/) {
    server.page("/", [&](const triloop::Request&) {
      second_is_answered.fire({});
      return triloop::Response();
    });
  };
  play.meanwhile = [&](triloop::Server& server, Kernel& /*kernel*/) {
    second_is_answered.wait();
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

}  // namespace

const std::vector<Named>& server_scenarios() {
  static const std::vector<Named> all = {
      {"server stop: while a connection is open", while_a_connection_is_open},
      {"server stop: during a handshake", during_a_handshake},
      {"server stop: one is open, one shakes hands", while_one_is_open_and_one_shakes_hands},
      {"server stop: while the peer closes", while_the_peer_closes},
      {"server stop: while the peer takes nothing", while_the_peer_takes_nothing},
      {"server stop: while an answer is not taken", while_an_answer_is_not_taken},
      {"server stop: twice", twice},
      {"server stop: twice, during a handshake", twice_during_a_handshake},
      {"server stop: twice, while a processor returns", twice_while_a_processor_returns},
      {"server stop: three times, during a handshake", three_times_during_a_handshake},
      {"server stop: three times", three_times},
      {"server stop: by a processor", by_a_processor},
      {"server stop: a processor does not return", while_a_processor_does_not_return},
      {"server: room for one handshake", with_room_for_one_handshake},
  };
  return all;
}

}  // namespace explore
