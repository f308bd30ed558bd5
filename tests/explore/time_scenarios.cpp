// Who is given up, and when: peers that are silent, slow, or pause, and endings that take long. The
// clock is the explorer's, so each deadline is known to the second.
#include <chrono>
#include <string>

#include "play.h"
#include "scenarios.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using std::chrono::seconds;
using triloop::Connection;
using triloop::Message;
using triloop::TimePoint;

constexpr seconds kPing{2}, kPong{3}, kWrite{7}, kClose5{5}, kLimit{20};

triloop::Options timed() {
  triloop::Options options = quiet();
  options.ping_interval = kPing;
  options.pong_timeout = kPong;
  options.write_timeout = kWrite;
  options.close_timeout = kClose5;
  options.ending_limit = kLimit;
  return options;
}

triloop::Options without_pings(triloop::Options options = timed()) {
  options.ping_interval = seconds(0);
  return options;
}

TimePoint at(seconds time) { return TimePoint{} + time; }

// Blocks until the clock is there.
void await(seconds time) { triloop::Latch().wait_until(at(time)); }

// How often the writer looks up while a send waits.
constexpr std::chrono::milliseconds kLook{500};

// It ended for this reason: no earlier than at `when`, and, unless time has passed early, no later
// than that and `late`.
void expect_given_up(const Played& played, const std::string& why, TimePoint when,
                     std::chrono::milliseconds late = {}) {
  if (!played.last) return;  // never open: the handshake's time has passed early
  if (!time_came_early()) require(played.last->text == why, "it ends for another reason");
  if (played.last->text != why) return;
  require(played.at >= when, "a peer is given up too early");
  if (!time_came_early()) require(played.at <= when + late, "a peer is given up too late");
}

// Silent: not before the timeout has passed since its last word, and not later than a ping takes.
void expect_silent(const Played& played, seconds interval = kPing) {
  expect_given_up(played, "the peer is silent", played.spoke_at + kPong, interval);
}

// Without the pings between its replies.
Played replies_of(Played played) {
  for (std::size_t at = played.bytes.find("\r\n\r\n") + 4; at < played.bytes.size();) {
    const std::size_t size = 2 + static_cast<unsigned char>(played.bytes[at + 1]);
    if (played.bytes[at] == '\x89') {
      played.bytes.erase(at, size);
    } else {
      at += size;
    }
  }
  return played;
}

// A peer that lives gets all of it, unless time has passed early.
void expect_all(const Played& played, const std::string& replies) {
  if (time_came_early()) return;
  require(played.in_time, "a peer that lives is given up");
  expect_drained(replies_of(played), 1000, replies);
}

// -- Silence --------------------------------------------------------------------------------------

Played with_pongs(int pongs, const triloop::Options& options) {
  Scene scene({}, echo, options);
  scene.peer().answer_pings(pongs);
  scene.begin();
  return scene.end();
}

void a_silent_peer() { expect_silent(with_pongs(0, timed())); }

void a_peer_that_answers_once_and_dies() { expect_silent(with_pongs(1, timed())); }

// It is the first ping that nobody answers which counts.
void pings_closer_than_their_timeout() {
  triloop::Options options = timed();
  options.ping_interval = seconds(1);
  expect_silent(with_pongs(0, options), seconds(1));
}

// What it acknowledges behind the ping is no answer.
void a_silent_peer_that_beats() {
  triloop::Options options = timed();
  options.heartbeat = seconds(1);
  expect_silent(with_pongs(0, options));
}

void a_peer_that_answers_lives() {
  Scene scene({}, echo, timed());
  scene.peer().answer_pings(100);
  scene.begin();
  triloop::Thread later("later", [&] {
    await(seconds(9));
    scene.peer().say(kA + kClose);
  });
  later.join();
  const Played played = scene.end();
  expect_all(played, server_frame(1, "a"));
}

// The reader waits for room: it cannot hear the pongs.
void a_full_in_queue_is_no_silence() {
  triloop::Options options = timed();
  options.queue_messages = 1;
  options.ping_interval = seconds(4);
  const auto slow = [](Connection& self) {
    await(seconds(8));
    echo(self);
  };
  Scene scene(kA + kB, slow, options);
  scene.peer().answer_pings(100);
  scene.begin();
  triloop::Thread later("later", [&] {
    await(seconds(9));
    scene.peer().say(kClose);
  });
  later.join();
  const Played played = scene.end();
  expect_all(played, kEchoOfTwo);
}

void a_silent_peer_that_is_written_to() {
  const auto late = [](Connection& self) {
    await(kPing + kPong);
    self.write(Message::text("x"));
    echo(self);
  };
  const Played played = play({}, late, timed());
  expect_given_up(played, "the peer is silent", at(kPing + kPong));
}

// The writer wakes up for a ping and for a reply at once.
void a_reply_at_a_deadline() {
  const auto late = [](Connection& self) {
    await(kPing);
    self.write(Message::text("x"));
    echo(self);
  };
  Scene scene({}, late, timed());
  scene.peer().answer_pings(100);
  scene.begin();
  triloop::Thread later("later", [&] {
    await(seconds(3));
    scene.peer().say(kClose);
  });
  later.join();
  const Played played = scene.end();
  expect_all(played, server_frame(1, "x"));
}

// -- A ping that has not arrived ------------------------------------------------------------------

// Long, so that there are few looks whether it has: each makes for many more schedules.
constexpr seconds kPong16{16};

// Something is sent, and acknowledged in two pieces; the ping lies behind it.
void a_ping_behind_what_moves() {
  const auto talkative = [](Connection& self) {
    self.write(Message::text("x"));
    echo(self);
  };
  triloop::Options options = timed();
  options.pong_timeout = kPong16;
  Scene scene({}, talkative, options);
  scene.peer().acknowledge(0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    await(seconds(4));
    scene.peer().acknowledge(1);
    await(seconds(6));
    scene.peer().acknowledge(SIZE_MAX);
  });
  moves.join();
  const Played played = scene.end();
  if (!played.last || time_came_early()) return;
  require(played.last->text == "the peer is silent", "it ends for another reason");
  require(played.at >= at(seconds(6)) + kPong16, "a ping that has just arrived is held against it");
  require(played.at <= at(seconds(8)) + kPong16, "a peer is given up too late");
}

void a_ping_behind_what_does_not_move() {
  triloop::Options options = timed();
  options.pong_timeout = kWrite + seconds(1);
  Scene scene(kA, echo, options);
  scene.peer().acknowledge(0);
  scene.begin();
  const Played played = scene.end();
  expect_given_up(played, "the peer stopped reading", at(kPing + kWrite));
}

// -- A peer that takes nothing --------------------------------------------------------------------

void a_peer_that_takes_nothing() {
  const Played played = play(kA, echo, without_pings(), nullptr, 0);
  expect_given_up(played, "the peer stopped reading", at(kWrite));
}

// It takes a byte in time, each time; then nothing more.
void a_peer_that_takes_a_byte_in_time() {
  Scene scene(kA, echo, without_pings(), 0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    await(seconds(6));
    scene.peer().take(1);
  });
  moves.join();
  const Played played = scene.end();
  expect_given_up(played, "the peer stopped reading", played.moved_at + kWrite);
}

// -- Endings --------------------------------------------------------------------------------------

void a_stall_in_a_drain() {
  const Played played = play(kA + kClose, echo, without_pings(), nullptr, 0);
  expect_given_up(played, "the close timeout passed", at(kClose5), kLook);
}

void a_pause_in_a_drain() {
  Scene scene(kA + kClose, echo, without_pings(), 0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    await(seconds(4));
    scene.peer().take(1);
    await(seconds(8));
    scene.peer().take(SIZE_MAX);
  });
  moves.join();
  const Played played = scene.end();
  expect_all(played, server_frame(1, "a"));
}

// It begins while the writer waits for the peer, and does not look up for longer than the peer may
// stand still: but the peer moves.
void an_ending_begins_while_the_writer_waits() {
  using std::chrono::milliseconds;
  triloop::Options options = without_pings();
  options.close_timeout = milliseconds(300);
  Scene scene(kA, echo, options, 2);
  scene.peer().acknowledge(0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    const auto at = [](int ms) { triloop::Latch().wait_until(TimePoint{} + milliseconds(ms)); };
    at(100);
    scene.connection().close(1000);
    at(300);
    scene.peer().acknowledge(1);
    at(550);
    scene.peer().take(SIZE_MAX);
    scene.peer().acknowledge(SIZE_MAX);
  });
  moves.join();
  const Played played = scene.end();
  expect_all(played, server_frame(1, "a"));
}

// All is sent, and the peer has ended its stream: it is not over before it has all of it.
void the_last_bytes_are_waited_for() {
  Scene scene(kA + kClose, echo, without_pings());
  scene.peer().acknowledge(0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    await(seconds(4));
    scene.peer().acknowledge(1);
    await(seconds(8));
    scene.peer().acknowledge(SIZE_MAX);
  });
  moves.join();
  const Played played = scene.end();
  if (!played.last) return;
  require(!played.in_time || played.acknowledged == played.bytes.size(),
          "it is over, and the peer has not got all of it");
  if (time_came_early()) return;
  require(played.in_time, "a peer that moves is cut off");
  require(played.at <= at(seconds(8)) + kLook, "a peer that has all of it is waited for");
}

void a_peer_that_acknowledges_for_ever() {
  Scene scene(kA + kClose, echo, without_pings());
  scene.peer().acknowledge(0);
  scene.begin();
  triloop::Thread moves("moves", [&] {
    for (int i = 1; i <= 4; ++i) {
      await(seconds(4 * i));
      scene.peer().acknowledge(static_cast<std::size_t>(i));
    }
  });
  moves.join();
  expect_given_up(scene.end(), "the ending limit passed", at(kLimit), kLook);
}

void a_processor_works_longer_than_the_peer_may() {
  const auto slow = [](Connection& self) {
    auto message = self.read();
    await(seconds(12));
    if (message) self.write(std::move(*message));
    echo(self);
  };
  const Played played = play(kA + kB + kClose, slow, timed());
  if (!time_came_early()) {
    expect_drained(replies_of(played), 1000, kEchoOfTwo);
    require(played.in_time, "a processor that works is cut off");
  }
}

void an_ending_has_a_limit() {
  const auto works_on = [](Connection& self) {
    self.read();
    self.over().wait();
  };
  const Played played = play(kA + kClose, works_on, timed());
  expect_given_up(played, "the ending limit passed", at(kLimit));
}

void a_processor_that_is_told_and_stays() {
  const auto stays = [](Connection& self) {
    echo(self);
    self.over().wait();
  };
  const Played played = play(kA + kClose, stays, without_pings());
  if (!played.last || time_came_early()) return;
  require(played.last->text == "the close timeout passed", "it ends for another reason");
  require(played.at <= at(2 * kClose5), "it is waited for too long");
}

// Whatever it says, while only its Close and the end of its stream are missing.
void a_peer_that_drips() {
  Scene scene({}, echo, without_pings());
  scene.peer().stay();
  scene.begin();
  any_moment();
  scene.connection().close(1000);
  triloop::Thread drips("drips", [&] {
    for (int i = 1; i < 5; ++i) {
      await(seconds(i));
      scene.peer().say(kA);
    }
  });
  drips.join();
  const Played played = scene.end();
  expect_given_up(played, "the peer did not end its stream", at(kClose5));
}

// Its Close has come, it has everything, and its stream goes on for ever: it is waited for, and
// then nothing was cut short.
void a_peer_that_closes_and_stays() {
  Scene scene(kA + kClose, echo, without_pings());
  scene.peer().stay();
  scene.begin();
  const Played played = scene.end();
  if (!played.last || time_came_early()) return;
  expect_drained(played, 1000, server_frame(1, "a"));
  require(*played.last == *played.first, "a Close without a FIN is called a cut");
  require(played.at >= at(kClose5), "its FIN is not waited for as long as it may take");
}

// The reader already waits for an answer, which nobody needs any more.
void an_ending_begins_before_a_ping_is_judged() {
  const auto work = [](Connection& self) {
    auto message = self.read();
    await(kPing + kPong + seconds(2));
    if (message) self.write(std::move(*message));
    echo(self);
  };
  Scene scene(kA, work, timed());
  scene.begin();
  await(kPing + seconds(1));
  scene.connection().close(1000);
  const Played played = scene.end();
  if (played.last) expect_all(played, server_frame(1, "a"));
}

// An abort begins no ending, so none of its clocks runs: not even as if it ran since long ago.
void an_abort_after_a_while() {
  const auto write_and_wait = [](Connection& self) {
    self.write(Message::text("x"));
    self.over().wait();
  };
  Scene scene({}, write_and_wait, without_pings(), 0);
  scene.begin();
  await(kClose5 + seconds(1));
  scene.served()->stop_now();
  const Played played = scene.end();
  if (!played.last || time_came_early()) return;
  require(played.last->text == "the server could wait no longer", "an abort is called a timeout");
}

void behind_a_violation() {
  const Played played = play_fair(kA + client_frame(3, "?"), echo, without_pings());
  require(!played.in_time || played.has(server_frame(1, "a")), "a reply is lost");
  require(!played.in_time || played.has("\x88"), "no Close");
}

}  // namespace

const std::vector<Named>& time_scenarios() {
  static const std::vector<Named> all = {
      {"time: a silent peer", a_silent_peer},
      {"time: a peer that answers once and dies", a_peer_that_answers_once_and_dies},
      {"time: pings closer than their timeout", pings_closer_than_their_timeout},
      {"time: a silent peer that beats", a_silent_peer_that_beats},
      {"time: a reply at a deadline", a_reply_at_a_deadline},
      {"time: a peer that acknowledges for ever", a_peer_that_acknowledges_for_ever},
      {"time: a peer that answers lives", a_peer_that_answers_lives},
      {"time: a full in-queue is no silence", a_full_in_queue_is_no_silence},
      {"time: a silent peer that is written to", a_silent_peer_that_is_written_to},
      {"time: a ping behind what moves", a_ping_behind_what_moves},
      {"time: a ping behind what does not move", a_ping_behind_what_does_not_move},
      {"time: a peer that takes nothing", a_peer_that_takes_nothing},
      {"time: a peer that takes a byte in time", a_peer_that_takes_a_byte_in_time},
      {"time: a stall in a drain", a_stall_in_a_drain},
      {"time: a pause in a drain", a_pause_in_a_drain},
      {"time: an ending begins while the writer waits", an_ending_begins_while_the_writer_waits},
      {"time: the last bytes are waited for", the_last_bytes_are_waited_for},
      {"time: a processor works longer than the peer may",
       a_processor_works_longer_than_the_peer_may},
      {"time: an ending has a limit", an_ending_has_a_limit},
      {"time: a processor that is told and stays", a_processor_that_is_told_and_stays},
      {"time: a peer that drips", a_peer_that_drips},
      {"time: a peer that closes and stays", a_peer_that_closes_and_stays},
      {"time: an ending begins before a ping is judged", an_ending_begins_before_a_ping_is_judged},
      {"time: an abort after a while", an_abort_after_a_while},
      {"time: behind a violation", behind_a_violation},
  };
  return all;
}

}  // namespace explore
