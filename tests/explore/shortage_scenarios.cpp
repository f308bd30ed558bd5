// The accept loop when something is short: places, threads, descriptors, memory.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "scenarios.h"
#include "server_play.h"
#include "triloop/latch.h"

namespace explore {
namespace {

// src/server/server.cpp: kAcceptPause.
constexpr std::chrono::milliseconds kPause{100};

bool has_passed(std::chrono::milliseconds time) {
  return triloop::Clock::now() >= triloop::TimePoint{} + time;
}

bool is_refused(const Received& received) { return received.has("503"); }
bool is_let_in(const Received& received) { return received.has(" 101 "); }
bool is_served(const Received& received) { return received.has("404"); }

// -- Places ---------------------------------------------------------------------------------------

// Whoever comes first keeps it, as it says no more.
void one_too_many() {
  Play play;
  play.peers = {kRequest, kRequest};
  play.options.max_connections = 1;
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  const auto& peers = stopped.received;
  require(time_came_early() || std::count_if(peers.begin(), peers.end(), is_refused) == 1,
          "one too many is not told so");
  require(time_came_early() || std::count_if(peers.begin(), peers.end(), is_let_in) == 1,
          "one too many is let in, or nobody");
}

// The first is in, and goes with the stop: then there is room for the second.
void one_too_many_and_a_stop() {
  triloop::Latch first_is_in;
  Play play;
  play.peers = {kRequest};
  play.options.max_connections = 1;
  play.processor = [&](triloop::Connection& connection) {
    first_is_in.fire({});
    echo(connection);
  };
  Received second;
  play.meanwhile = [&](triloop::Server& server, Kernel& kernel) {
    first_is_in.wait();
    connect(kernel, kRequest, second);
    any_moment();
    server.stop();
  };
  expect_all_gone(run_fair(play));
  require(second.bytes.empty() || is_refused(second) || is_let_in(second) || time_came_early(),
          "half an answer");
}

// The place of one who has gone is free.
void a_place_is_given_back() {
  Play play;
  play.peers = {kRequest + kClose};
  play.options.max_connections = 1;
  Received second;
  play.meanwhile = [&](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    connect(kernel, kRequest + kClose, second);
    kernel.await_closed(2);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(is_let_in(second) || time_came_early(), "there is room, and somebody is refused");
}

// -- Threads --------------------------------------------------------------------------------------

// This peer is refused without a word; the next one is taken after a pause, which only time ends.
void no_thread_for_the_first() {
  Play play;
  play.peers = {kPlainRequest, kPlainRequest};
  play.before_run = [](triloop::Server&, Kernel&) { fail_to_start("read-1"); };
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    require(server.snapshot().connections.empty() || has_passed(kPause),
            "no thread, and its client is in the roster");
    kernel.await_closed(2);
    require(has_passed(kPause), "no thread left, and the next one is accepted at once");
    server.stop();
  };
  const Stopped stopped = run(play);
  expect_all_gone(stopped);
  require(stopped.received[0].bytes.empty(), "no thread, and an answer");
  require(is_served(stopped.received[1]) || time_came_early(), "the next one is not served");
}

void no_thread_and_a_stop() {
  Play play;
  play.peers = {kRequest};
  play.before_run = [](triloop::Server&, Kernel&) { fail_to_start("read-1"); };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(stopped.received[0].bytes.empty(), "no thread, and an answer");
}

// -- Descriptors ----------------------------------------------------------------------------------

// Each time that there is none the loop pauses, lest it spin: the connection still waits.
void no_descriptor(int times) {
  Play play;
  play.peers = {kPlainRequest};
  play.meanwhile = [&](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    require(has_passed(times * kPause), "no descriptor left, and the loop asks again at once");
    server.stop();
  };
  play.before_run = [&](triloop::Server&, Kernel& kernel) { kernel.fail_accepts(EMFILE, times); };
  const Stopped stopped = run(play);
  expect_all_gone(stopped);
  require(is_served(stopped.received[0]) || time_came_early(), "who has waited is not served");
}

// A pause is no sleep: stop() ends it.
void never_a_descriptor_and_a_stop() {
  constexpr int kForEver = 100'000;
  Play play;
  play.peers = {kPlainRequest};
  play.before_run = [](triloop::Server&, Kernel& kernel) { kernel.fail_accepts(EMFILE, kForEver); };
  expect_all_gone(run_fair(play));
}

// And a connection that ends is joined meanwhile, which gives its descriptor back.
void one_ends_during_the_pause() {
  Play play;
  play.peers = {"", kPlainRequest};
  play.peers_leave = true;
  play.before_run = [](triloop::Server&, Kernel& kernel) { kernel.fail_accepts(EMFILE, 1, 1); };
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

// That peer has left while it waited. The next one does not wait for anything.
void an_aborted_connection() {
  Play play;
  play.peers = {kPlainRequest};
  play.before_run = [](triloop::Server&, Kernel& kernel) { kernel.fail_accepts(ECONNABORTED); };
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(is_served(stopped.received[0]) || time_came_early(), "who has waited is not served");
}

// -- Memory ---------------------------------------------------------------------------------------

// run() cannot even wait, and says so; the destructor ends what is open.
void poll_fails() {
  Play play;
  play.peers = {kRequest};
  play.meanwhile = [](triloop::Server&, Kernel& kernel) {
    any_moment();
    kernel.fail_poll(ENOMEM);
  };
  const Stopped stopped = run_fair(play);
  require(stopped.error == std::errc::not_enough_memory, "poll() fails, and run() does not say so");
}

// A signal has come, and nothing else has happened.
void poll_is_interrupted() {
  Received received;
  Play play;
  play.meanwhile = [&](triloop::Server& server, Kernel& kernel) {
    any_moment();
    kernel.fail_poll(EINTR);
    connect(kernel, kPlainRequest, received);
    kernel.await_closed(1);
    server.stop();
  };
  expect_all_gone(run_fair(play));
  require(is_served(received) || time_came_early(), "a signal, and nobody is served any more");
}

}  // namespace

const std::vector<Named>& shortage_scenarios() {
  static const std::vector<Named> all = {
      {"no place: one too many", one_too_many},
      {"no place: one too many, and a stop", one_too_many_and_a_stop},
      {"no place: it is given back", a_place_is_given_back},
      {"no thread: the next one is served", no_thread_for_the_first},
      {"no thread: and a stop", no_thread_and_a_stop},
      {"no descriptor: once", [] { no_descriptor(1); }},
      {"no descriptor: three times", [] { no_descriptor(3); }},
      {"no descriptor: never, and a stop", never_a_descriptor_and_a_stop},
      {"no descriptor: one ends during the pause", one_ends_during_the_pause},
      {"accept: a connection was aborted", an_aborted_connection},
      {"poll: it fails", poll_fails},
      {"poll: it is interrupted", poll_is_interrupted},
  };
  return all;
}

}  // namespace explore
