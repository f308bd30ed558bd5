// The real reader, processor and writer loops, over a socket that the scenario controls.
#include <stdexcept>
#include <string>

#include "play.h"
#include "scenarios.h"
#include "triloop/connection.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::Message;
using triloop::Served;

void peer_closes() { expect_drained(play_fair(kA + kB + kC + kClose, echo, quiet()), 1000); }
void peer_closes_on_full_queues() {
  expect_drained(play_fair(kA + kB + kC + kClose, echo, narrow()), 1000);
}

void peer_reads_late() {
  const auto late = [](Connection&, Peer& peer) {
    peer.take(1);
    peer.take(SIZE_MAX);
  };
  expect_drained(play_fair(kA + kB + kClose, echo, narrow(), late), 1000, kEchoOfTwo);
}

void pings_pass_full_queues() {
  const Played played = play_fair(
      kA + kB + client_frame(9, "p") + kC + client_frame(9, "q") + kClose, echo, narrow());
  if (!played.in_time) return;
  require(played.has(server_frame(10, "p")) && played.has(server_frame(10, "q")), "no pong");
  const auto without = [](std::string text, const std::string& part) {
    return text.erase(text.find(part), part.size());
  };
  const std::string rest =
      without(without(played.bytes, server_frame(10, "p")), server_frame(10, "q"));
  require(rest.find(kEchoOfThree) != std::string::npos, "a reply is lost, or out of order");
}

void processor_returns() {
  const Played played = play_fair(
      kA, [](Connection& self) { self.write(Message::text("bye")); }, quiet());
  require(!played.in_time || played.ends_with(server_frame(1, "bye") + server_frame(8, code(1000))),
          "no 1000");
}

void processor_throws() {
  const Played played = play_fair(
      kA, [](Connection&) { throw std::runtime_error("it fails"); }, quiet());
  require(!played.in_time || played.ends_with(server_frame(8, code(1011))), "no 1011");
}

void processor_and_peer_close_at_once() {
  const Played played = play_fair(
      kA + kClose,
      [](Connection& self) {
        self.close(1000);
        echo(self);
      },
      quiet());
  require(!played.in_time || played.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

void abort_anywhere() {
  const Played played = play_ended(kA + kB, echo, narrow(), &Served::stop_now);
  require(!played.has("wait no longer"), "the reason of an abort goes out in a Close frame");
}

void abort_while_the_processor_returns() {
  const Played played = play_ended(
      kA, [](Connection&) {}, quiet(), &Served::stop_now);
  require(!played.has("wait no longer"), "the reason of an abort goes out in a Close frame");
}

// The reader has left already: nobody waits for the abort to be done.
void abort_behind_the_peers_end() {
  Scene scene(
      kClose, [](Connection&) {}, quiet());
  scene.peer().end_stream();
  scene.begin();
  any_moment();
  scene.served()->stop_now();
  scene.end();
  expect_fair();
}

void stop_anywhere() {
  const Played played = play_ended(kA, echo, quiet(), &Served::stop);
  const std::string close = server_frame(8, code(1001) + "server stopping");
  require(!played.in_time || played.ends_with(close), "no 1001");
}

void peer_vanishes() {
  play_fair(kA + kB, echo, narrow(), [](Connection&, Peer& peer) { peer.end_stream(); });
}

void peer_never_reads() {
  triloop::Options options = narrow();
  options.write_timeout = std::chrono::seconds(1);
  play(kA + kB + kClose, echo, options, [](Connection&, Peer& peer) { peer.take(0); });
}

// The writer holds one message, the out-queue the next, the processor waits with the third.
void abort_while_the_peer_takes_nothing() {
  play_ended(kA + kB + kC, echo, narrow(), &Served::stop_now, 0);
}

// The peer ends its stream right behind its Close: that is no reason to keep the replies from it.
void peer_closes_and_ends_its_stream() {
  expect_drained(play_fair(kA + kB + kClose, echo, narrow(),
                           [](Connection&, Peer& peer) { peer.end_stream(); }),
                 1000, kEchoOfTwo);
}

// What comes behind a Close is not answered, but it is read: closing a socket with unread bytes
// would reset the connection.
void peer_closes_and_talks_on() {
  const Played played =
      play_fair(kA + kClose, echo, quiet(), [](Connection&, Peer& peer) { peer.say(kB); });
  expect_drained(played, 1000, server_frame(1, "a"));
  require(!played.has(server_frame(1, "b")), "an answer to what came behind the Close");
}

void peer_does_not_answer_the_close() {
  const auto hang_up = [](Connection& self) { self.close(1000); };
  play(kA, hang_up, quiet(), [](Connection&, Peer& peer) { peer.stay(); });
}

// It should not (connection.h): the drain waits for it. The close timeout frees both, unless there
// is something left that it was to work on: then it is the ending's limit.
void waits_for_closed(Connection& self) {
  self.close(1000);
  self.over().wait();
}
void a_processor_waits_for_closed() { play({}, waits_for_closed, quiet()); }
void a_processor_with_work_waits_for_closed() { play(kA, waits_for_closed, quiet()); }

// However full the way out is, the reader goes on: a pong waits in no line behind the replies.
void pings_are_heard_while_the_peer_takes_nothing() {
  const auto talkative = [](Connection& self) {
    for (const char* text : {"x", "y", "z"}) self.write(Message::text(text));
  };
  const auto wait_then_read = [](Connection&, Peer& peer) {
    peer.await_all_heard();
    peer.take(SIZE_MAX);
  };
  const Played played = play_fair(client_frame(9, "p") + client_frame(9, "q"), talkative, narrow(),
                                  wait_then_read, 0);
  if (!played.in_time) return;
  require(played.has(server_frame(10, "p")) && played.has(server_frame(10, "q")), "no pong");
  require(played.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

void a_send_fails() {
  play_fair(kA + kB + kClose, echo, narrow(), [](Connection&, Peer& peer) { peer.refuse(); });
}

void heartbeat_while_closing() {
  triloop::Options options = quiet();
  options.heartbeat = std::chrono::seconds(1);
  const Played played = play_fair(kA + kClose, echo, options);
  require(!played.in_time || played.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

}  // namespace

const std::vector<Named>& connection_scenarios() {
  static const std::vector<Named> all = {
      {"connection: the peer closes", peer_closes},
      {"connection: the peer closes on full queues", peer_closes_on_full_queues},
      {"connection: the peer reads late", peer_reads_late},
      {"connection: pings pass full queues", pings_pass_full_queues},
      {"connection: the processor returns", processor_returns},
      {"connection: the processor throws", processor_throws},
      {"connection: processor and peer close at once", processor_and_peer_close_at_once},
      {"connection: abort anywhere", abort_anywhere},
      {"connection: abort while the processor returns", abort_while_the_processor_returns},
      {"connection: abort behind the peer's end", abort_behind_the_peers_end},
      {"connection: stop anywhere", stop_anywhere},
      {"connection: the peer vanishes", peer_vanishes},
      {"connection: the peer never reads", peer_never_reads},
      {"connection: abort while the peer takes nothing", abort_while_the_peer_takes_nothing},
      {"connection: the peer closes and ends its stream", peer_closes_and_ends_its_stream},
      {"connection: pings while the peer takes nothing",
       pings_are_heard_while_the_peer_takes_nothing},
      {"connection: a send fails", a_send_fails},
      {"connection: the peer closes and talks on", peer_closes_and_talks_on},
      {"connection: the peer does not answer the Close", peer_does_not_answer_the_close},
      {"connection: a processor waits for over()", a_processor_waits_for_closed},
      {"connection: a processor with work waits for over()",
       a_processor_with_work_waits_for_closed},
      {"connection: a heartbeat while closing", heartbeat_while_closing},
  };
  return all;
}

}  // namespace explore
