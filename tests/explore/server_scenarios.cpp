// The real accept loop and all that it starts, stopped at every moment of its connections' lives.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel.h"
#include "peer.h"
#include "scenarios.h"
#include "triloop/close_latch.h"
#include "triloop/server.h"

namespace explore {
namespace {

// And the rest never comes.
const std::string kRequestLine = std::string(kRequest).substr(0, 20);

triloop::Options for_one_thread_each(triloop::Options options) {
  options.spare_threads = 0;
  return options;
}

struct Stopped {
  std::vector<Received> received;    // by each peer
  std::vector<std::uint64_t> stuck;  // as run() says
};

// What a server is given, and what somebody else does while it runs.
struct Play {
  std::vector<std::string> peers;  // in its backlog, and all that they say
  triloop::Options options = quiet();
  std::size_t peers_take = SIZE_MAX;
  triloop::Processor processor = echo;
  std::function<void(triloop::Server&)> before_run = [](triloop::Server&) {};
  std::function<void(triloop::Server&)> meanwhile = [](triloop::Server& server) { server.stop(); };
  std::function<void()> after_run = [] {};
};

Stopped run(const Play& play) {
  Stopped stopped;
  stopped.received.resize(play.peers.size());
  Kernel kernel;
  triloop::Server server(for_one_thread_each(play.options));
  server.handle("/ws", play.processor);
  for (std::size_t i = 0; i < play.peers.size(); ++i) {
    auto peer = std::make_unique<Peer>(play.peers[i], stopped.received[i]);
    name(*peer, "peer");
    peer->take(play.peers_take);
    kernel.connect(std::move(peer));
  }
  play.before_run(server);
  {
    const triloop::Thread accept("accept", [&] { stopped.stuck = server.run(); });
    any_moment();
    play.meanwhile(server);
  }
  play.after_run();
  return stopped;
}

// All peers do their part: every thread ends because another one did, never because nobody could
// go on until a deadline came.
Stopped run_fair(const Play& play) {
  Stopped stopped = run(play);
  require(!time_had_to_help(), "nobody could go on until a deadline came");
  return stopped;
}

void expect_all_gone(const Stopped& stopped) {
  require(stopped.stuck.empty() || time_came_early(), "run() returns, and a connection is left");
}

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

// The second stop() does not wait for what the first one waits for.
void twice() {
  Play play = with_a_peer_that_takes_nothing();
  play.meanwhile = [](triloop::Server& server) {
    server.stop();
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

void by_a_processor() {
  triloop::Server* stops = nullptr;
  Play play{{kRequest}};
  play.before_run = [&](triloop::Server& server) { stops = &server; };
  play.processor = [&](triloop::Connection&) { stops->stop(); };
  expect_all_gone(run_fair(play));
}

// run() returns all the same, and says so; the destructor waits for it.
void while_a_processor_does_not_return() {
  triloop::CloseLatch gate;
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
  triloop::CloseLatch second_is_answered;
  Play play{{kRequest, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"}};
  play.options.max_handshakes = 1;
  play.before_run = [&](triloop::Server& server) {
    server.page("/", [&](const triloop::Request&) {
      second_is_answered.fire({});
      return triloop::Response();
    });
  };
  play.meanwhile = [&](triloop::Server& server) {
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
      {"server stop: by a processor", by_a_processor},
      {"server stop: a processor does not return", while_a_processor_does_not_return},
      {"server: room for one handshake", with_room_for_one_handshake},
  };
  return all;
}

}  // namespace explore
