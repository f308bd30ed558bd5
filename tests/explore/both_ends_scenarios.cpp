// Two real connections face each other over a small pipe: a server's and a client's.
#include <chrono>
#include <memory>
#include <string>

#include "life/life.h"
#include "link.h"
#include "peer.h"
#include "scenarios.h"
#include "threads/spare_threads.h"
#include "triloop/latch.h"
#include "websocket/upgrade.h"

namespace explore {
namespace {

using triloop::ClosedBy;
using triloop::CloseReason;
using triloop::Connection;
using triloop::Message;

// How an end's connection began to end, and how it was over.
struct Ended {
  CloseReason first, last;

  bool is_cut_short() const { return !(first == last); }
};

// One end: its connection, and the thread that becomes its reader.
class End {
 public:
  End(Link& link, Link::Side side, triloop::Processor processor, triloop::PathOptions options,
      std::chrono::milliseconds write_timeout)
      : options_(std::move(options)), processor_(std::move(processor)) {
    auto upgrade = std::make_unique<triloop::Upgrade>();
    upgrade->request.path = "/ws";
    upgrade->role = side == Link::kServer ? triloop::Role::server : triloop::Role::client;
    upgrade->write_timeout = write_timeout;
    upgrade->processor = &processor_;
    upgrade->options = &options_;
    const std::uint64_t id = side == Link::kServer ? 1 : 2;
    connection_ = triloop::Life::begin(id, link.end(side), std::move(upgrade), threads_);
    name(*connection_, side == Link::kServer ? "server" : "client");
    reader_name_ = "read-" + std::to_string(id);
  }

  void begin() {
    reader_ = triloop::Thread(reader_name_.c_str(), [this] { triloop::Life::serve(*connection_); });
  }

  // As a program that is killed: its kernel ends the stream.
  void vanish() {
    triloop::Life::end_now(*connection_, {ClosedBy::application, 1006, "it vanishes"});
  }

  Ended end() {
    reader_.join();
    const Ended ended{*connection_->ending().reason(), *connection_->over().reason()};
    connection_.reset();
    return ended;
  }

 private:
  const triloop::PathOptions options_;
  const triloop::Processor processor_;
  triloop::SpareThreads threads_{0, 0};
  std::shared_ptr<Connection> connection_;
  std::string reader_name_;
  triloop::Thread reader_;
};

// What is explored: all, or what comes before, or behind, both Close frames. A half has fewer
// orders, and so is explored within more preemptions.
enum class Part { all, before_the_closes, behind_the_closes };

struct Both {
  triloop::Processor server, client;
  triloop::PathOptions options = quiet();
  std::size_t capacity = 64;
  std::chrono::milliseconds write_timeout = std::chrono::hours(1);
  bool client_vanishes = false;
  Part part = Part::all;
  triloop::Processor server_first = [](Connection&) {}, client_first = [](Connection&) {};
};

struct Outcomes {
  Ended server, client;
};

// How six threads begin is always the same one: a connection's beginning has scenarios of its own.
// From where both processors stand everything is explored.
Outcomes play(const Both& both, Link& link) {
  triloop::Latch server_stands, client_stands, go;
  const auto held = [&go](triloop::Latch& stands, const triloop::Processor& first,
                          const triloop::Processor& processor) {
    return [&](Connection& self) {
      first(self);
      stands.fire({});
      go.wait();
      processor(self);
    };
  };
  End server(link, Link::kServer, held(server_stands, both.server_first, both.server), both.options,
             both.write_timeout);
  End client(link, Link::kClient, held(client_stands, both.client_first, both.client), both.options,
             both.write_timeout);
  stop_choosing();
  server.begin();
  client.begin();
  server_stands.wait();
  client_stands.wait();
  if (both.part != Part::behind_the_closes) start_choosing();
  if (both.part == Part::before_the_closes) link.when_both_have_closed(stop_choosing);
  if (both.part == Part::behind_the_closes) link.when_both_have_closed(start_choosing);
  go.fire({});
  if (both.client_vanishes) {
    any_moment();
    client.vanish();
  }
  return {server.end(), client.end()};
}

// Either ends as it began to, with this code; nothing is lost, and nobody waited for a deadline.
void expect_clean(const Both& both, int code) {
  Link link(both.capacity);
  const Outcomes seen = play(both, link);
  require(!time_had_to_help(), "nobody could go on until a deadline came");
  if (time_came_early()) return;  // it may have cut the ending short
  require(!seen.server.is_cut_short(), "the server's ending is cut short");
  require(!seen.client.is_cut_short(), "the client's ending is cut short");
  require(seen.server.first.code == code && seen.client.first.code == code, "another code");
  require(!link.lost_something(), "something is lost");
  require(!link.client_ended_first(), "the client ends its stream first");
}

void leaves(Connection&) {}

void until_the_end(Connection& self) {
  while (self.read()) {
  }
}

void asks_once(Connection& self) {
  self.write(Message::text("a"));
  const auto answer = self.read();
  if (time_came_early()) return;
  require(answer && answer->data == "a", "no answer, or another one");
}

template <Part part>
void the_client_closes() {
  Both both{echo, leaves};
  both.part = part;
  expect_clean(both, 1000);
}

template <Part part>
void the_server_closes() {
  Both both{leaves, until_the_end};
  both.part = part;
  expect_clean(both, 1000);
}

template <Part part>
void both_close_at_once() {
  Both both{leaves, leaves};
  both.part = part;
  expect_clean(both, 1000);
}

void the_client_asks_and_closes() { expect_clean({echo, asks_once}, 1000); }

void the_client_asks() {
  const auto asks = [](Connection& self) {
    asks_once(self);
    stop_choosing();
  };
  expect_clean({echo, asks}, 1000);
}

void the_client_vanishes() {
  Both both{echo, asks_once};
  both.client = until_the_end;
  both.client_vanishes = true;
  Link link(both.capacity);
  const Outcomes seen = play(both, link);
  require(!time_had_to_help(), "nobody could go on until a deadline came");
  if (time_came_early()) return;
  require(seen.server.last.by == ClosedBy::network && seen.server.last.code == 1006,
          "the server does not say that the client is gone");
}

// From where all is full in both directions, and nobody can go on but the processors: one of them
// reads a message, and so the other can write one more, while the other direction stands; or both
// do both. What is full must not hold up what is not. The rest, and the goodbye behind it, is one
// schedule: that has scenarios of its own.
class FullBothWays {
 public:
  FullBothWays() {
    both_.options = narrow();
    both_.capacity = 6;  // a client's empty message, or a server's of four bytes
    both_.server_first = [](Connection& self) { write(self, kServers, kFull); };
    both_.client_first = [](Connection& self) { write(self, kClients, kFull); };
  }

  void play(int server_reads, int client_reads) {
    both_.server = [=](Connection& self) {
      read(self, kClients, server_reads);
      write(self, kServers, client_reads);
      meet(server_moved_, client_moved_);
      read(self, kClients, kFull);
    };
    both_.client = [=](Connection& self) {
      read(self, kServers, client_reads);
      write(self, kClients, server_reads);
      meet(client_moved_, server_moved_);
      read(self, kServers, kFull);
    };
    expect_clean(both_, 1000);
  }

 private:
  static constexpr const char* kServers = "four";
  static constexpr const char* kClients = "";
  // In the out-queue, the writer's hand, the pipe, the reader's hand, the in-queue.
  static constexpr int kFull = 5;

  static void write(Connection& self, const char* message, int count) {
    for (int i = 0; i < count; ++i) self.write(Message::binary(message));
  }
  static void read(Connection& self, const std::string& expected, int count) {
    for (int i = 0; i < count; ++i) {
      const auto message = self.read();
      require(time_came_early() || (message && message->data == expected), "no message");
    }
  }
  static void meet(triloop::Latch& own, triloop::Latch& others) {
    own.fire({});
    others.wait();
    stop_choosing();
  }

  Both both_;
  triloop::Latch server_moved_, client_moved_;
};

void full_and_the_client_reads() { FullBothWays().play(0, 1); }
void full_and_the_server_reads() { FullBothWays().play(1, 0); }
void full_and_both_read() { FullBothWays().play(1, 1); }

}  // namespace

// Six threads: where others are explored within two preemptions, these are within one, and their
// halves within two.
const std::vector<Named>& both_ends_scenarios() {
  constexpr int kFewer = -1;
  constexpr Part kAll = Part::all, kBefore = Part::before_the_closes,
                 kBehind = Part::behind_the_closes;
  static const std::vector<Named> all = {
      {"both ends: the client closes", the_client_closes<kAll>, kFewer},
      {"both ends: the client closes, before both Closes", the_client_closes<kBefore>},
      {"both ends: the client closes, behind both Closes", the_client_closes<kBehind>},
      {"both ends: the server closes", the_server_closes<kAll>, kFewer},
      {"both ends: the server closes, before both Closes", the_server_closes<kBefore>},
      {"both ends: the server closes, behind both Closes", the_server_closes<kBehind>},
      {"both ends: both close at once", both_close_at_once<kAll>, kFewer},
      {"both ends: both close at once, before both Closes", both_close_at_once<kBefore>},
      {"both ends: both close at once, behind both Closes", both_close_at_once<kBehind>},
      {"both ends: the client asks, and closes", the_client_asks_and_closes, kFewer},
      {"both ends: the client asks", the_client_asks},
      {"both ends: the client vanishes", the_client_vanishes},
      {"both ends: full both ways, the client reads", full_and_the_client_reads},
      {"both ends: full both ways, the server reads", full_and_the_server_reads},
      {"both ends: full both ways, both read", full_and_both_read},
  };
  return all;
}

}  // namespace explore
