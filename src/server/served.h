/// One peer that was accepted, from the handshake to the last join.
#pragma once

#include <cstdint>
#include <memory>

#include "net/socket.h"
#include "triloop/connection.h"
#include "triloop/latch.h"
#include "triloop/snapshot.h"
#include "triloop/sync.h"

namespace triloop {

class Handshake;
class Place;
class SpareThreads;
struct Options;
struct Routes;
struct Upgrade;

/// A socket that shakes hands and then, if it asks for an upgrade and gets it, a Connection.
///
/// Thread safety: serve(), or open() and run(), belong to one thread; any may call the others.
class Served {
 public:
  /// `stop_code`: with which stop() closes it.
  Served(std::uint64_t id, std::unique_ptr<Socket> socket,
         std::uint16_t stop_code = close_code::kGoingAway);

  /// The whole life of it: the handshake, and open() and run() of what becomes of that. `place`
  /// is what counts it among the server's; null: nobody counts. The rest must outlive it.
  void serve(const Routes& routes, const Options& options, SpareThreads& threads,
             Place* place) noexcept;

  /// The handshake is done: makes the connection.
  void open(std::unique_ptr<Upgrade> upgrade, SpareThreads& threads);
  /// The calling thread becomes the reader. Blocks until all three threads are done.
  void run() noexcept;

  /// Server::stop() for this one: a drain with `stop_code` if it is open; the end at once if its
  /// peer has not yet sent a whole request. Who is just being answered gets the answer, and then
  /// the drain. Never blocks.
  void stop();

  /// The end at once, in any state. Never blocks.
  void stop_now() noexcept;

  std::uint64_t id() const { return id_; }
  /// nullptr before open().
  std::shared_ptr<Connection> connection() const TRILOOP_EXCLUDES(mutex_);
  /// How it is at this moment. One lock at a time, each for a moment.
  ConnectionSnapshot snapshot() const;

 private:
  // How far it has been told to end, each more urgent than the one before.
  enum class Stop { none, drain, now };

  void note_peer(const Handshake& handshake) TRILOOP_EXCLUDES(mutex_);
  std::unique_ptr<Upgrade> shake_hands(const Routes& routes, const Options& options, Place* place);
  bool go_on(bool owes_an_answer) TRILOOP_EXCLUDES(mutex_);
  void stop(Stop how) TRILOOP_EXCLUDES(mutex_);
  void tell(Connection& opened, Stop how) const;

  const std::uint64_t id_;
  const std::uint16_t stop_code_;
  const TimePoint accepted_at_ = GaugeClock::now();
  const std::string accepted_from_;       // the kernel's word for who it is
  const std::shared_ptr<Socket> socket_;  // shared with the connection

  mutable Mutex mutex_;
  std::string behind_ TRILOOP_GUARDED_BY(mutex_);  // who that speaks for; empty: for itself
  std::shared_ptr<Connection> connection_ TRILOOP_GUARDED_BY(mutex_);
  bool owes_an_answer_ TRILOOP_GUARDED_BY(mutex_) =
      false;  // the request is here, the answer is not sent
  Stop stop_ TRILOOP_GUARDED_BY(mutex_) = Stop::none;
};

}  // namespace triloop
