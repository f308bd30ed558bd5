// The real accept loop, and how long what it starts is there: connections that end by themselves,
// threads that are used again, handles and snapshots that look on.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenarios.h"
#include "server_play.h"
#include "triloop/handle.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using triloop::ConnectionHandle;
using triloop::ConnectionSnapshot;
using triloop::Message;
using triloop::Server;
using triloop::ServerSnapshot;
using triloop::Thread;

// When a socket is closed its connection has been joined, and has left the roster.
void demand_joined(const Server& server) {
  for (const ConnectionSnapshot& connection : server.snapshot().connections) {
    require(connection.state == ConnectionSnapshot::State::ended,
            "its socket is closed, and the connection is in the roster");
  }
}

// -- A connection ends, and nothing else happens --------------------------------------------------

void end_by_themselves(const Play& given) {
  Play play = given;
  const int count = static_cast<int>(play.peers.size());
  play.meanwhile = [&](Server& server, Kernel& kernel) {
    kernel.await_closed(count);
    demand_joined(server);
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

void one_ends() {
  Play play;
  play.peers = {kRequest + kClose};
  end_by_themselves(play);
}

void two_end() {
  Play play;
  play.peers = {"", ""};
  play.peers_leave = true;
  end_by_themselves(play);
}

// -- Spare threads --------------------------------------------------------------------------------

// The threads of the first one serve the second: the system has no others.
void spare_threads_serve_the_next(const std::string& says, std::size_t spare_threads) {
  Play play;
  play.peers = {says};
  play.spare_threads = spare_threads;
  Received second;
  play.meanwhile = [&](Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    for (const char* name : {"spare", "read-2", "write-2", "proc-2"}) fail_to_start(name);
    connect(kernel, says, second);
    kernel.await_closed(2);
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(second.bytes == stopped.received[0].bytes || time_came_early(),
          "the second one is not served as the first");
}

void one_spare_thread() { spare_threads_serve_the_next(kPlainRequest, 1); }
void three_spare_threads() { spare_threads_serve_the_next(kRequest + kClose, 3); }

// The stop comes while the second handshake runs on the first one's thread, and before, and behind.
void a_stop_and_a_spare_thread() {
  Play play;
  play.peers = {""};
  play.peers_leave = true;
  play.spare_threads = 1;
  Received second;
  play.meanwhile = [&](Server& server, Kernel& kernel) {
    kernel.await_closed(1);
    connect(kernel, kRequestLine, second);
    stop_at_any_moment(server, kernel);
  };
  expect_all_gone(run_fair(play));
  require(second.bytes.empty(), "an answer to half a request");
}

// -- Snapshots ------------------------------------------------------------------------------------

// Nothing goes back: no connection is forgotten, none is younger than it was.
void demand_later(const ServerSnapshot& before, const ServerSnapshot& after) {
  require(before.accepted <= after.accepted, "fewer were accepted than before");
  require(std::is_sorted(after.connections.begin(), after.connections.end(),
                         [](const auto& a, const auto& b) { return a.id < b.id; }),
          "the connections are out of order");
  std::map<std::uint64_t, ConnectionSnapshot> now;
  for (const auto& connection : after.connections) now[connection.id] = connection;
  for (const ConnectionSnapshot& then : before.connections) {
    const auto found = now.find(then.id);
    if (found == now.end()) {
      require(then.state == ConnectionSnapshot::State::handshake || time_came_early(),
              "a WebSocket is forgotten");
      continue;
    }
    require(then.state <= found->second.state, "a connection goes back to what it was");
    require(!then.closing || found->second.closing == then.closing, "another reason");
    require(!then.closed || found->second.closed == then.closed, "another reason");
  }
}

void snapshots(const Play& given) {
  Play play = given;
  play.meanwhile = [&](Server& server, Kernel& kernel) {
    any_moment();
    const ServerSnapshot first = server.snapshot();
    any_moment();
    demand_later(first, server.snapshot());
    kernel.await_closed(static_cast<int>(given.peers.size()));
    server.stop();
  };
  expect_all_gone(run_fair(play));
}

void snapshots_of_one() {
  Play play;
  play.peers = {kRequest + kClose};
  snapshots(play);
}

void snapshots_while_two_come_and_go() {
  Play play;
  play.peers = {"", ""};
  play.peers_leave = true;
  snapshots(play);
}

// -- Handles --------------------------------------------------------------------------------------

// Where a processor leaves its handle for somebody else.
class Left {
 public:
  void put(ConnectionHandle handle) {
    const triloop::MutexLock lock(mutex_);
    handle_ = std::move(handle);
    changed_.notify_all();
  }
  ConnectionHandle await() {
    const triloop::MutexLock lock(mutex_);
    while (handle_.id() == 0) changed_.wait(mutex_);
    return handle_;
  }

 private:
  triloop::Mutex mutex_;
  triloop::CondVar changed_;
  ConnectionHandle handle_;
};

// It keeps neither the socket nor the connection, and says so.
void a_handle_outlives_the_server() {
  ConnectionHandle handle;
  {
    Left left;
    Play play;
    play.peers = {kRequest};
    play.processor = [&](triloop::Connection& connection) {
      left.put(connection.handle());
      echo(connection);
    };
    play.meanwhile = [&](Server& server, Kernel&) {
      handle = left.await();
      server.stop();
    };
    const Stopped stopped = run_fair(play);
    expect_all_gone(stopped);
    require(stopped.received[0].closed, "a handle keeps the socket open");
  }
  require(handle.is_over() && !handle.write(Message::text("x")),
          "the server is gone, and its connection is not over");
  handle.close();
  handle.abort();
}

// What is taken is sent, before the Close; what is refused once is refused for ever.
void a_handle_writes_and_a_stop() {
  Left left;
  bool first = false, second = false;
  Play play;
  play.peers = {kRequest};
  play.processor = [&](triloop::Connection& connection) {
    left.put(connection.handle());
    echo(connection);
  };
  play.meanwhile = [&](Server& server, Kernel&) {
    const ConnectionHandle handle = left.await();
    Thread writes("writes", [&] {
      first = handle.write(Message::text("1"));
      second = handle.write(Message::text("2"));
    });
    any_moment();
    server.stop();
  };
  const Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  require(first || !second, "refused, and then taken");
  if (time_came_early()) return;
  const std::string taken =
      (first ? server_frame(1, "1") : "") + (second ? server_frame(1, "2") : "");
  require(stopped.received[0].has(taken + server_frame(8, code(1001) + "server stopping")),
          "what was taken is not sent");
}

// -- The destructor -------------------------------------------------------------------------------

// run() may have given it up: whoever waits for the end of its own connection returns all the same.
void a_processor_waits_for_its_own_end() {
  Play play;
  play.peers = {kRequest};
  play.processor = [](triloop::Connection& connection) { connection.over().wait(); };
  expect_all_gone(run(play));
}

}  // namespace

const std::vector<Named>& lifetime_scenarios() {
  static const std::vector<Named> all = {
      {"server: one ends by itself", one_ends},
      {"server: two end by themselves", two_end},
      {"server: one spare thread", one_spare_thread},
      {"server: three spare threads", three_spare_threads},
      {"server: a stop, and a spare thread", a_stop_and_a_spare_thread},
      {"server: snapshots of one", snapshots_of_one},
      {"server: snapshots while two come and go", snapshots_while_two_come_and_go},
      {"server: a handle outlives it", a_handle_outlives_the_server},
      {"server: a handle writes, and a stop", a_handle_writes_and_a_stop},
      {"server: a processor waits for its own end", a_processor_waits_for_its_own_end},
  };
  return all;
}

}  // namespace explore
