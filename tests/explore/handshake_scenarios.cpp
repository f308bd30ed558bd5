// A peer that was accepted a moment ago: it is stopped, aborted and looked at while its handshake
// becomes a connection.
#include <memory>
#include <string>
#include <utility>

#include "play.h"
#include "scenarios.h"
#include "server/roster.h"
#include "server/routes.h"
#include "server/served.h"

namespace explore {
namespace {

using triloop::ConnectionSnapshot;
using triloop::Served;
using triloop::Thread;
using State = ConnectionSnapshot::State;

class Newcomer {
 public:
  explicit Newcomer(const std::string& says) : options_(quiet()) {
    routes_.processors["/ws"] = {echo, {}};
    routes_.admits["/ws"] = [this](const triloop::Request&) {
      is_asked_for_ = true;
      return triloop::let_in();
    };
    auto peer = std::make_unique<Peer>(says, received_);
    name(*peer, "peer");
    served_ = std::make_shared<Served>(1, std::move(peer));
    name(*served_, "served");
  }

  std::shared_ptr<Served> served() const { return served_; }

  void begin() {
    reader_ = Thread("read-1", [this] { served_->serve(routes_, options_, threads_, nullptr); });
  }
  // Joins it, and lets go of it, as the accept loop does.
  ConnectionSnapshot end() {
    reader_.join();
    const ConnectionSnapshot last = served_->snapshot();
    served_.reset();
    expect_fair();
    return last;
  }
  const Received& received() const { return received_; }
  // Has the user's code been asked whether it may come in?
  bool is_asked_for() const { return is_asked_for_; }

 private:
  const triloop::Options options_;
  triloop::Routes routes_;
  triloop::SpareThreads threads_{0, 0};
  Received received_;
  bool is_asked_for_ = false;
  std::shared_ptr<Served> served_;
  Thread reader_;
};

// The server ends it at any moment. How it was at the end.
ConnectionSnapshot end_at_any_moment(Newcomer& peer, void (Served::*end)()) {
  peer.begin();
  any_moment();
  (*peer.served().*end)();
  return peer.end();
}

// Who has said all of its request is answered, and told why it ends.
void stop_at_any_moment() {
  Newcomer peer(kRequest + kA);
  const ConnectionSnapshot last = end_at_any_moment(peer, &Served::stop);
  if (last.state == State::handshake) {
    require(peer.received().bytes.empty(), "an answer, and no connection");
    require(!peer.is_asked_for(), "the user's code runs for one that gets no answer");
  } else {
    require(
        time_came_early() || peer.received().has(server_frame(8, code(1001) + "server stopping")),
        "no 1001");
  }
}

// It waits for the rest of the request, and for nothing else.
void stop_during_half_a_request() {
  Newcomer peer(std::string(kRequest).substr(0, 20));
  const ConnectionSnapshot last = end_at_any_moment(peer, &Served::stop);
  require(last.state == State::handshake, "half a request, and a connection");
  require(peer.received().bytes.empty(), "an answer to half a request");
}

void abort_at_any_moment() {
  Newcomer peer(kRequest + kA);
  const ConnectionSnapshot last = end_at_any_moment(peer, &Served::stop_now);
  require(last.state == State::handshake || last.closed, "a connection outlives its abort");
  require(!peer.received().has("wait no longer"), "the reason of an abort is told to the peer");
}

// The one stop may come before there is a connection, and the other behind that.
void stop_and_abort() {
  Newcomer peer(kRequest);
  peer.begin();
  const Thread other("other", [served = peer.served()] { served->stop(); });
  peer.served()->stop_now();
  const ConnectionSnapshot last = peer.end();
  require(last.state == State::handshake || last.closed, "a connection outlives its abort");
}

void seen_at_any_moment() {
  triloop::Roster roster;
  Newcomer peer(kRequest + kA + kClose);
  roster.add(peer.served());
  const auto look = [&] { return roster.snapshot().connections.at(0); };
  {
    const Thread other("other", [&] {
      any_moment();
      const ConnectionSnapshot before = look();
      const ConnectionSnapshot now = look();
      require(before.state <= now.state, "a state is left, and comes back");
      require(before.age <= now.age, "it grows younger");
      for (const ConnectionSnapshot& seen : {before, now}) {
        require(seen.path == (seen.state == State::handshake ? "" : "/ws"),
                "a path during the handshake, or none behind it");
      }
    });
    peer.begin();
    peer.end();
    roster.remove(1);
  }
  require(peer.received().has("101 Switching") && look().state == State::ended,
          "it was no connection");
  require(peer.received().closed, "nobody is left, and the socket is");
}

}  // namespace

const std::vector<Named>& handshake_scenarios() {
  static const std::vector<Named> all = {
      {"handshake: stop at any moment", stop_at_any_moment},
      {"handshake: stop during half a request", stop_during_half_a_request},
      {"handshake: abort at any moment", abort_at_any_moment},
      {"handshake: stop and abort", stop_and_abort},
      {"handshake: seen at any moment", seen_at_any_moment},
  };
  return all;
}

}  // namespace explore
