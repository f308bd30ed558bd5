// A connection and its peer, from the upgrade to the last join.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "peer.h"
#include "scheduler.h"
#include "server/served.h"
#include "threads/spare_threads.h"
#include "triloop/connection.h"
#include "websocket/upgrade.h"

namespace explore {

inline const std::string kA = client_frame(1, "a");
inline const std::string kB = client_frame(1, "b");
inline const std::string kC = client_frame(1, "c");
inline const std::string kEchoOfTwo = server_frame(1, "a") + server_frame(1, "b");
inline const std::string kEchoOfThree = kEchoOfTwo + server_frame(1, "c");

// What has become of a connection.
struct Played : Received {
  bool in_time = false;  // neither a deadline nor the peer has cut the ending short
  std::optional<triloop::CloseReason> first, last;  // of both latches
  triloop::TimePoint at{};                          // when it was over

  bool ends_with(const std::string& part) const {
    return bytes.size() >= part.size() &&
           bytes.compare(bytes.size() - part.size(), part.size(), part) == 0;
  }
};

// One connection, the thread that serves it, and whoever the scenario lets act meanwhile.
class Scene {
 public:
  Scene(const std::string& peer_says, triloop::Processor processor, triloop::Options options,
        std::size_t peer_takes = SIZE_MAX, std::uint64_t id = 1, triloop::Request request = {})
      : options_(std::move(options)), processor_(std::move(processor)) {
    auto peer = std::make_unique<Peer>(peer_says, received_);
    peer_ = peer.get();
    peer_->take(peer_takes);
    request.path = "/ws";
    auto upgrade = std::make_unique<triloop::Upgrade>();
    upgrade->request = std::move(request);
    upgrade->write_timeout = options_.write_timeout;
    upgrade->processor = &processor_;
    upgrade->options = &options_;
    served_ = std::make_shared<triloop::Served>(id, std::move(peer));
    served_->open(std::move(upgrade), threads_);
    connection_ = served_->connection();
    name(*peer_, "peer");
    name(*connection_, "connection");
    name(connection_->ending(), "ending");
    name(connection_->over(), "over");
  }

  triloop::Connection& connection() { return *connection_; }
  std::shared_ptr<triloop::Served> served() const { return served_; }
  Peer& peer() { return *peer_; }
  const Received& received() const { return received_; }

  void begin() {
    reader_ = triloop::Thread("read-1", [served = served_.get()] { served->run(); });
  }

  // Joins it, looks at how it ended, and lets go of it, as the accept loop does.
  Played end() {
    reader_.join();
    Played played;
    played.at = glance_at_the_clock();
    played.first = connection_->ending().reason();
    played.last = connection_->over().reason();
    expect_ended(played);
    connection_.reset();
    served_.reset();
    static_cast<Received&>(played) = received_;
    return played;
  }

 private:
  void expect_ended(Played& played) const {
    require(played.first && played.last, "it is over, and a latch has not fired");
    const std::string& text = played.last->text;
    const bool cut_short =
        text == "the close timeout passed" || text == "the ending limit passed" ||
        text == "the peer is silent" || text == "the peer did not end its stream" ||
        text == "the peer stopped reading" ||
        (received_.refused && (text == "Broken pipe" || text == "Connection reset by peer" ||
                               text == "the peer has reset the connection"));
    const bool aborted = text == "the server could wait no longer" || text == "no thread left" ||
                         (played.last->by == triloop::ClosedBy::application &&
                          played.last->code == triloop::close_code::kAbnormal);
    require(cut_short || aborted || *played.first == *played.last,
            "a drain is cut short, and neither by a deadline nor by the peer");
    played.in_time = !cut_short;
  }

  const triloop::Options options_;
  const triloop::Processor processor_;
  triloop::SpareThreads threads_{0, 0};
  Received received_;
  Peer* peer_;  // the connection's
  std::shared_ptr<triloop::Served> served_;
  std::shared_ptr<triloop::Connection> connection_;
  triloop::Thread reader_;
};

using Meanwhile = std::function<void(triloop::Connection&, Peer&)>;

inline Played play(const std::string& peer_says, const triloop::Processor& processor,
                   const triloop::Options& options, const Meanwhile& meanwhile = nullptr,
                   std::size_t peer_takes = SIZE_MAX) {
  Scene scene(peer_says, processor, options, peer_takes);
  scene.begin();
  if (meanwhile) {
    any_moment();
    meanwhile(scene.connection(), scene.peer());
  }
  return scene.end();
}

// The peer does its part: then every stage ends because the one before it did, and never because
// nobody could go on until a deadline came.
inline void expect_fair() {
  require(!time_had_to_help(), "nobody could go on until a deadline came");
}

inline Played play_fair(const std::string& peer_says, const triloop::Processor& processor,
                        const triloop::Options& options, const Meanwhile& meanwhile = nullptr,
                        std::size_t peer_takes = SIZE_MAX) {
  Played played = play(peer_says, processor, options, meanwhile, peer_takes);
  expect_fair();
  return played;
}

// The server ends it at any moment.
inline Played play_ended(const std::string& peer_says, const triloop::Processor& processor,
                         const triloop::Options& options, void (triloop::Served::*end)(),
                         std::size_t peer_takes = SIZE_MAX) {
  Scene scene(peer_says, processor, options, peer_takes);
  scene.begin();
  any_moment();
  (*scene.served().*end)();
  Played played = scene.end();
  expect_fair();
  return played;
}

// Everything was processed, every reply was sent, in order, then Close.
inline void expect_drained(const Played& played, int close_code,
                           const std::string& replies = kEchoOfThree) {
  if (!played.in_time) return;
  // But a peer that has closed, and talks on, is not waited for any longer than it may take.
  require(!played.reset || time_came_early(), "a drain leaves something unread");
  require(played.has(replies), "a reply is lost, or out of order");
  require(played.ends_with(server_frame(8, code(close_code))), "no Close at the end, or not this");
}

}  // namespace explore
