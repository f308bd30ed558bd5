// What a processor calls, by two threads at once, with deadlines, and within bounds that are
// narrow.
#include <chrono>
#include <string>

#include "play.h"
#include "scenarios.h"
#include "triloop/connection.h"

namespace explore {
namespace {

using std::chrono::seconds;
using triloop::Connection;
using triloop::Message;
using triloop::ReadResult;
using triloop::Thread;
using triloop::WriteResult;

const std::string kClose1000 = server_frame(8, code(1000));

// `call` on the processor's thread, and on another one at the same time.
triloop::Processor on_two_threads(const triloop::Processor& call) {
  return [call](Connection& self) {
    const Thread other("other", [&] { call(self); });
    call(self);
  };
}

void two_threads_ping() {
  const Played played =
      play_fair("", on_two_threads([](Connection& self) { self.ping(); }), quiet());
  if (!played.in_time) return;
  require(played.has(server_frame(9, "1")) && played.has(server_frame(9, "2")),
          "two pings, and not two numbers");
}

// Whoever's abort it was: when the call returns nothing is to be had any more.
void two_threads_abort() {
  const auto abort_then_use = [](Connection& self) {
    self.abort();
    Message message = Message::text("x");
    require(self.try_read(message) == ReadResult::kEnd, "a message is read after an abort");
    require(self.try_write(message) == WriteResult::kOver, "an abort, and then a write is taken");
  };
  const Played played = play_fair(kA, on_two_threads(abort_then_use), quiet());
  require(!played.has(server_frame(1, "x")), "an abort, and then a message is sent");
}

// Whoever is woken by its end finds that it has begun to end, and why.
void who_waits_for_the_end_knows_its_beginning() {
  const auto abort = [](Connection& self) {
    const Thread other("other", [&] {
      self.over().wait();
      require(self.ending().fired(), "it is over, and no ending has begun");
    });
    self.abort();
  };
  play_fair("", abort, quiet());
}

// As of two that abort: what was received can still be read, and then comes the end, at once.
void two_threads_close() {
  const auto close_then_read = [](Connection& self) {
    self.close();
    Message message;
    ReadResult result{};
    do result = self.try_read(message);
    while (result == ReadResult::kMessage);
    require(result == ReadResult::kEnd, "a close, and then a read would have to wait");
  };
  const Played played = play_fair(kA, on_two_threads(close_then_read), quiet());
  require(!played.in_time || played.ends_with(kClose1000), "no Close at the end");
}

// No two of their messages fit into the queue.
void two_threads_write() {
  triloop::Options options = quiet();
  options.queue_bytes = 1;
  const auto write_three = [](Connection& self) {
    const Thread other("other", [&] { self.write(Message::text("c")); });
    self.write(Message::text("a"));
    self.write(Message::text("b"));
  };
  const Played played = play_fair("", write_three, options);
  if (!played.in_time) return;
  const auto place = [&](const char* text) { return played.bytes.find(server_frame(1, text)); };
  require(place("c") != std::string::npos && place("b") != std::string::npos, "one is lost");
  require(place("a") < place("b"), "one thread's are out of order");
  require(played.ends_with(kClose1000), "no Close at the end");
}

// Frames begin and end anywhere.
void bytes_come_in_pieces(std::size_t of) {
  Scene scene(kA + client_frame(9, "p") + kClose, echo, quiet());
  scene.peer().in_pieces(of);
  scene.begin();
  const Played played = scene.end();
  expect_fair();
  expect_drained(played, 1000, server_frame(1, "a"));
  require(!played.in_time || played.has(server_frame(10, "p")), "no pong");
}
void bytes_come_one_by_one() { bytes_come_in_pieces(1); }
void bytes_come_a_few_at_a_time() { bytes_come_in_pieces(5); }

// The second may be received into the first one's memory while that is still on its way, were it
// given back too early; and somebody looks at what is kept.
void a_large_messages_way_around() {
  const Played played =
      play_fair(large_client_frame('a') + large_client_frame('b') + kClose, echo, narrow(),
                [](Connection& connection, Peer&) { (void)connection.snapshot(); });
  expect_drained(played, 1000, large_server_frame('a') + large_server_frame('b'));
}

// A timeout loses nothing, and leaves the message as it was.
void read_for_with_deadlines() {
  std::string got;
  const auto read_all = [&](Connection& self) {
    Message message = Message::binary("mine");
    for (;;) {
      const Message before = message;
      const ReadResult result = self.read_for(message, seconds(1));
      if (result == ReadResult::kEnd) break;
      if (result == ReadResult::kMessage) got += message.data;
      require(result == ReadResult::kMessage || message == before, "a timeout, another message");
    }
  };
  const Played played =
      play_fair(kA, read_all, quiet(), [](Connection&, Peer& peer) { peer.say(kB + kClose); });
  require(!played.in_time || got == "ab", "a message is lost, or comes twice");
}

// The writer has one message in its hand, the queue one, and the third waits. If it is queued it is
// sent; if not it is not, and is still the caller's.
void write_for_with_deadlines() {
  std::string queued = server_frame(1, "x") + server_frame(1, "y");
  const auto write_three = [&](Connection& self) {
    self.write(Message::text("x"));
    self.write(Message::text("y"));
    Message message = Message::text("z");
    const bool taken = self.write_for(message, seconds(1)) == WriteResult::kQueued;
    require(taken || message == Message::text("z"), "a timeout takes the message");
    if (taken) queued += server_frame(1, "z");
  };
  const Played played = play_fair(
      "", write_three, narrow(), [](Connection&, Peer& peer) { peer.take(SIZE_MAX); }, 0);
  if (!played.in_time) return;
  require(played.bytes == queued + kClose1000, "not what was queued is sent");
}

}  // namespace

const std::vector<Named>& calls_scenarios() {
  static const std::vector<Named> all = {
      {"calls: two threads ping", two_threads_ping},
      {"calls: two threads abort", two_threads_abort},
      {"calls: who waits for the end knows its beginning",
       who_waits_for_the_end_knows_its_beginning},
      {"calls: two threads close", two_threads_close},
      {"calls: two threads write", two_threads_write},
      {"calls: bytes come one by one", bytes_come_one_by_one},
      {"calls: bytes come a few at a time", bytes_come_a_few_at_a_time},
      {"calls: a large message's way around", a_large_messages_way_around},
      {"calls: read_for", read_for_with_deadlines},
      {"calls: write_for", write_for_with_deadlines},
  };
  return all;
}

}  // namespace explore
