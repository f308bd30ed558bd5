// What the system refuses a connection: a receive that fails, a thread that cannot be started.
#include <string>

#include "play.h"
#include "scenarios.h"
#include "triloop/connection.h"

namespace explore {
namespace {

using triloop::ClosedBy;
using triloop::Connection;
using triloop::Message;

void break_off(Connection&, Peer& peer) { peer.break_off(); }

// -- The peer resets the connection ---------------------------------------------------------------

// The reader finds it, or the writer does, or both at once.
void reset_before_any_ending() {
  const Played played = play_fair(kA, echo, quiet(), break_off);
  if (!played.last) return;  // during the handshake
  for (const auto& reason : {played.first, played.last}) {
    require(reason->by == ClosedBy::network && reason->code == 1006, "another reason");
  }
}

// The peer has not said its last word: a reset is no answer to a Close.
void reset_in_a_drain() {
  const auto hang_up = [](Connection& self) { self.close(); };
  Scene scene("", hang_up, quiet());
  scene.peer().stay();
  scene.begin();
  any_moment();
  scene.peer().break_off();
  const Played played = scene.end();
  expect_fair();
  if (!played.last) return;
  require(played.last->by == ClosedBy::network, "a reset is taken for the peer's end");
}

// It has: the reset only spares the wait for its end, if it has got ours before.
void reset_behind_the_peers_close() {
  const Played played = play_fair(kA + kClose, echo, quiet(), break_off);
  expect_drained(played, 1000, server_frame(1, "a"));
  require(!played.ends_with(server_frame(8, code(1000))) || played.in_time || time_came_early(),
          "both have said their last word, and the ending is cut short");
}

// The writer has one message in its hand, the queue one, and the third waits.
void reset_while_the_processor_waits_for_room() {
  const auto write_three = [](Connection& self) {
    self.write(Message::text("x"));
    self.write(Message::text("y"));
    require(!self.write(Message::text("z")), "a write is taken that has no room");
  };
  play_fair("", write_three, narrow(), break_off, 0);
}

// -- A thread cannot be started -------------------------------------------------------------------

// Who has been started is told and joined; the peer sees 1006.
void expect_no_thread_left(const Played& played) {
  require(played.last && played.last->by == ClosedBy::server && played.last->code == 1013 &&
              played.last->text == "no thread left",
          "another reason");
  require(played.bytes.empty(), "something is sent");
  require(played.closed, "the socket stays");
}

void no_thread_for_the_writer() {
  fail_to_start("write-1");
  expect_no_thread_left(play_fair(kA + kClose, echo, quiet()));
}

void no_thread_for_the_processor() {
  fail_to_start("proc-1");
  expect_no_thread_left(play_fair(kA + kClose, echo, quiet()));
}

void no_thread_and_a_stop() {
  fail_to_start("proc-1");
  const Played played = play_ended(kA, echo, quiet(), &triloop::Served::stop);
  if (played.last && !time_came_early()) expect_no_thread_left(played);
}

}  // namespace

const std::vector<Named>& failure_scenarios() {
  static const std::vector<Named> all = {
      {"a reset: before any ending", reset_before_any_ending},
      {"a reset: in a drain", reset_in_a_drain},
      {"a reset: behind the peer's Close", reset_behind_the_peers_close},
      {"a reset: while the processor waits for room", reset_while_the_processor_waits_for_room},
      {"no thread: for the writer", no_thread_for_the_writer},
      {"no thread: for the processor", no_thread_for_the_processor},
      {"no thread: for the processor, and a stop", no_thread_and_a_stop},
  };
  return all;
}

}  // namespace explore
