// The real accept loop and all that it starts, played from its first connection to its last join.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "kernel.h"
#include "peer.h"
#include "triloop/server.h"

namespace explore {

// And the rest never comes.
inline const std::string kRequestLine = std::string(kRequest).substr(0, 20);

// Answered with 404 by the connection's one thread, and then the peer leaves.
constexpr const char* kPlainRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// A connection waits to be accepted, and says so when its socket is closed.
inline void connect(Kernel& kernel, const std::string& says, Received& received,
                    std::size_t takes = SIZE_MAX, bool leaves = false) {
  auto peer = std::make_unique<Peer>(says, received);
  name(*peer, "peer");
  peer->take(takes);
  if (leaves) peer->end_stream();
  peer->when_closed([&kernel] { kernel.count_closed(); });
  kernel.connect(std::move(peer));
}

struct Stopped {
  std::vector<Received> received;    // by each peer
  std::vector<std::uint64_t> stuck;  // as run() says
  std::error_code error;             // that run() has thrown
};

inline void stop_at_any_moment(triloop::Server& server, Kernel& /*kernel*/) {
  any_moment();
  server.stop();
}

// What a server is given, and what somebody else does while it runs.
struct Play {
  std::vector<std::string> peers;  // in its backlog, and all that they say
  triloop::Options options = quiet();
  std::size_t spare_threads = 0;
  std::size_t peers_take = SIZE_MAX;
  bool peers_leave = false;  // when they have said it
  triloop::Processor processor = echo;
  std::function<void(triloop::Server&)> before_run = [](triloop::Server&) {};
  std::function<void(triloop::Server&, Kernel&)> meanwhile = stop_at_any_moment;
  std::function<void()> after_run = [] {};
};

inline Stopped run(const Play& play) {
  Stopped stopped;
  stopped.received.resize(play.peers.size());
  Kernel kernel;
  triloop::Options options = play.options;
  options.spare_threads = play.spare_threads;
  triloop::Server server(options);
  server.handle("/ws", play.processor);
  for (std::size_t i = 0; i < play.peers.size(); ++i) {
    connect(kernel, play.peers[i], stopped.received[i], play.peers_take, play.peers_leave);
  }
  play.before_run(server);
  {
    const triloop::Thread accept("accept", [&] {
      try {
        stopped.stuck = server.run();
      } catch (const std::system_error& error) {
        stopped.error = error.code();
      }
    });
    play.meanwhile(server, kernel);
  }
  play.after_run();
  return stopped;
}

// All peers do their part: every thread ends because another one did, never because nobody could
// go on until a deadline came.
inline Stopped run_fair(const Play& play) {
  Stopped stopped = run(play);
  require(!time_had_to_help(), "nobody could go on until a deadline came");
  return stopped;
}

inline void expect_all_gone(const Stopped& stopped) {
  require(!stopped.error, "run() throws");
  require(stopped.stuck.empty() || time_came_early(), "run() returns, and a connection is left");
}

}  // namespace explore
