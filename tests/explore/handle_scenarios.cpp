// What is kept of a connection: handles, snapshots, what state() gives out.
#include <chrono>
#include <cstddef>
#include <string>

#include "play.h"
#include "scenarios.h"
#include "server/roster.h"
#include "triloop/connection.h"
#include "triloop/handle.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::ConnectionHandle;
using triloop::ConnectionSnapshot;
using triloop::Message;
using triloop::PreparedMessage;
using triloop::Thread;
using triloop::WriteResult;

void expect_refused(const ConnectionHandle& handle) {
  const Message mine = Message::text("mine");
  Message message = mine;
  require(!handle.write(message), "it is over, and write() is taken");
  require(handle.try_write(message) == WriteResult::kOver, "it is over, and try_write() is not");
  require(handle.write_for(message, std::chrono::seconds(1)) == WriteResult::kOver,
          "it is over, and write_for() is not");
  require(message == mine, "a write is refused, and the message is gone");
  std::size_t written = 0;
  require(handle.write_all_for({PreparedMessage(mine)}, written, {}) == WriteResult::kOver &&
              written == 0,
          "it is over, and write_all_for() is taken");
}

// The connection is aborted while a handle's thread is at any place.
void after_an_abort() {
  Scene scene(
      "", [](Connection& self) { self.abort(); }, quiet());
  const ConnectionHandle handle = scene.connection().handle();
  scene.begin();
  any_moment();
  if (handle.is_over()) expect_refused(handle);
  scene.end();
  expect_fair();
}

// The writer has one message in its hand, the queue one: the third waits until the abort. The
// processor stays, for its end would free it, too.
void while_it_waits_for_room() {
  triloop::Latch written;
  const auto abort_and_stay = [&](Connection& self) {
    self.abort();
    written.wait();
  };
  Scene scene("", abort_and_stay, narrow(), 0);
  const ConnectionHandle handle = scene.connection().handle();
  scene.begin();
  const Message message = Message::text("x");
  handle.write(message);
  handle.write(message);
  require(!handle.write(message), "there is no room, and a write is taken");
  written.fire({});
  scene.end();
  expect_refused(handle);
  expect_fair();
}

// Until it is over it does not say so. What is taken is sent; refused once is refused for ever.
void during_a_drain() {
  Scene scene(kClose, echo, quiet());
  const ConnectionHandle handle = scene.connection().handle();
  scene.begin();
  any_moment();
  require(!handle.is_over() || scene.connection().over().fired(), "is_over() says so too early");
  const bool first = handle.write(Message::text("x"));
  any_moment();
  const bool second = handle.write(Message::text("y"));
  require(first || !second, "a write is refused, and the next one is taken");
  const Played played = scene.end();
  expect_fair();
  if (!played.in_time) return;
  const std::string sent =
      (first ? server_frame(1, "x") : "") + (second ? server_frame(1, "y") : "");
  require(played.ends_with(sent + server_frame(8, code(1000))), "a write is taken, and not sent");
}

// A call that has begun may be the last to let go of the connection.
void outlives_the_connection() {
  Scene scene(kClose, echo, quiet());
  {
    const Thread other("other", [handle = scene.connection().handle()] {
      any_moment();
      const bool over = handle.is_over();
      require(!handle.write(Message::text("x")) || !over, "it is over, and a write is taken");
      handle.close();
    });
    scene.begin();
    scene.end();
  }
  require(scene.received().closed, "nobody is left, and the socket is");
  expect_fair();
}

// By itself it keeps nothing.
void is_kept() {
  Scene scene(kClose, echo, quiet());
  const ConnectionHandle handle = scene.connection().handle();
  scene.begin();
  const Played played = scene.end();
  require(played.closed, "a handle keeps the socket");
  require(handle.is_over() && handle.id() == 1, "it does not say that it is over");
  expect_refused(handle);
  handle.close();
  handle.abort();
  expect_fair();
}

// -- state() --------------------------------------------------------------------------------------

// Tells of its end.
struct Witness {
  int* ends = nullptr;
  Connection* connection = nullptr;
  ~Witness() {
    require(++*ends == 1, "a state ends twice");
    require(name_of_this_thread() == "proc-1", "a state ends on another thread");
    require(!connection->over().fired() || time_came_early(), "a state outlives the connection");
  }
};

// However long others hold the connection.
void state_goes_with_the_processor() {
  int ends = 0;
  const auto keep_state = [&](Connection& self) {
    Witness& state = self.state<Witness>();
    state.ends = &ends;
    state.connection = &self;
    echo(self);
  };
  Scene scene(kClose, keep_state, quiet());
  const ConnectionHandle kept = scene.connection().handle();
  const Thread other("other", [kept] {
    any_moment();
    kept.write(Message::text("x"));
  });
  scene.begin();
  scene.end();
  require(ends == 1, "a state outlives its processor");
  expect_fair();
}

// -- Snapshots ------------------------------------------------------------------------------------

void expect_no_step_back(const ConnectionSnapshot& before, const ConnectionSnapshot& now) {
  require(before.state <= now.state, "a state is left, and comes back");
  require(before.age <= now.age, "it grows younger");
  require(before.messages_received <= now.messages_received &&
              before.bytes_received <= now.bytes_received &&
              before.messages_sent <= now.messages_sent && before.bytes_sent <= now.bytes_sent,
          "a count falls");
  require(!before.closing || (now.closing && *before.closing == *now.closing),
          "the first reason is another one, or none");
  require(!before.closed || (now.closed && *before.closed == *now.closed),
          "the last reason is another one, or none");
  for (const auto thread :
       {&ConnectionSnapshot::reader, &ConnectionSnapshot::processor, &ConnectionSnapshot::writer}) {
    require((before.*thread).left == 0 || (before.*thread).left == (now.*thread).left,
            "a thread has left, and is there again");
  }
}

// Of the one connection there is.
ConnectionSnapshot look(const triloop::Roster& roster) {
  const triloop::ServerSnapshot all = roster.snapshot();
  require(all.accepted == 1 && all.connections.size() == 1, "one connection, and not one is shown");
  const ConnectionSnapshot now = all.connections.front();
  const bool shakes_hands = now.state == ConnectionSnapshot::State::handshake;
  require(now.path == (shakes_hands ? "" : "/ws"),
          "a path during the handshake, or none behind it");
  return now;
}

// A look that has begun may be the last to let go of the connection.
void while_it_lives_and_goes() {
  triloop::Roster roster;
  Scene scene(kA + kClose, echo, quiet());
  roster.add(scene.served());
  ConnectionSnapshot seen;
  {
    const Thread other("other", [&, handle = scene.connection().handle()] {
      any_moment();
      const ConnectionSnapshot before = look(roster);
      const bool over = handle.is_over();
      seen = look(roster);
      expect_no_step_back(before, seen);
      require(!over || seen.closed, "it is over, and nobody knows why");
    });
    scene.begin();
    scene.end();
    roster.remove(1);
  }
  const ConnectionSnapshot last = look(roster);
  expect_no_step_back(seen, last);
  require(last.state == ConnectionSnapshot::State::ended, "it has ended, and does not say so");
  require(last.messages_received == 1 && last.bytes_received == 1, "a message is not counted");
  require(scene.received().closed, "nobody is left, and the socket is");
  expect_fair();
}

}  // namespace

const std::vector<Named>& handle_scenarios() {
  static const std::vector<Named> all = {
      {"handle: after an abort", after_an_abort},
      {"handle: while it waits for room", while_it_waits_for_room},
      {"handle: during a drain", during_a_drain},
      {"handle: outlives the connection", outlives_the_connection},
      {"handle: is kept", is_kept},
      {"state: goes with the processor", state_goes_with_the_processor},
      {"snapshot: while it lives and goes", while_it_lives_and_goes},
  };
  return all;
}

}  // namespace explore
