// The accept loop when something is short: places, threads, descriptors, memory.
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "scenarios.h"
#include "server_play.h"

namespace explore {
namespace {

// src/server.cpp: kAcceptPause.
constexpr std::chrono::milliseconds kPause{100};

bool has_passed(std::chrono::milliseconds time) {
  return triloop::Clock::now() >= triloop::TimePoint{} + time;
}

bool is_refused(const Received& received) { return received.has("503"); }
bool is_served(const Received& received) { return received.has("404"); }

// -- Places ---------------------------------------------------------------------------------------

// The first one keeps its place: it never says the rest.
Play with_one_place(const std::vector<std::string>& others) {
  Play play;
  play.peers = {kRequestLine};
  play.peers.insert(play.peers.end(), others.begin(), others.end());
  play.options.max_connections = 1;
  return play;
}

void two_too_many() {
  Play play = with_one_place({kPlainRequest, kRequest});
  play.meanwhile = [](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(2);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require((is_refused(stopped.received[1]) && is_refused(stopped.received[2])) || time_came_early(),
          "one too many is not told so");
}

void one_too_many_and_a_stop() {
  const Stopped stopped = run_fair(with_one_place({kPlainRequest}));
  expect_all_gone(stopped);
  const Received& second = stopped.received[1];
  require(second.bytes.empty() || is_refused(second) || time_came_early(),
          "one too many is let in");
}

// The place of one who has gone is free.
void a_place_is_given_back() {
  Play play;
  play.peers = {kPlainRequest};
  play.options.max_connections = 1;
  Received second;
  play.meanwhile = [&](triloop::Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    connect(kernel, kPlainRequest, second);
    kernel.await_closed(2);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(is_served(second) || time_came_early(), "there is room, and somebody is refused");
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
      {"no place: two too many", two_too_many},
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
