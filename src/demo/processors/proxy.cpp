#include "proxy.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>

#include "loss.h"
#include "upstream.h"
#include "workers.h"

namespace triloop {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// Blocks while the upstream server does not read, and then nobody reads the connection either: the
// peer has to wait. Freed by the upstream server, or by the end of the connection.
bool send_all(UpstreamSocket& upstream, std::string_view bytes, const Latch& over) {
  std::error_code error;
  while (!bytes.empty()) {
    bytes.remove_prefix(upstream.try_send(bytes, error));
    if (error) return false;
    while (!bytes.empty() && !upstream.wait_writable(kGlance)) {
      if (over.fired()) return false;
    }
  }
  return true;
}

// Since when the upstream server is listened to in vain. Not while a piece of it waits for the
// peer: that is the peer's time.
class Silence {
 public:
  void begins() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    since_ = Clock::now();
  }
  void ends() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    since_ = kNever;
  }
  bool lasts(TimePoint from, std::chrono::milliseconds for_so_long) const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return Clock::now() - for_so_long >= std::max(from, since_);
  }

 private:
  mutable Mutex mutex_;
  TimePoint since_ TRILOOP_GUARDED_BY(mutex_) = kNever;
};

// What the worker runs: upstream to peer. Blocks in receive(), freed by the upstream server or by
// the processor's shutdown(); and in write(), while the peer does not read, freed by the latch.
// `all_down` is fired with 1000 if all that the upstream server had to say is on its way, and by
// the processor with another code before it shuts down: then an end of the stream is none.
void pass_down(UpstreamSocket& upstream, Connection& connection, Silence& silence,
               Latch& all_down) {
  std::string piece(kPieceBytes, '\0');
  std::error_code error;
  for (;;) {
    silence.begins();
    const std::size_t size = upstream.receive(piece.data(), piece.size(), error);
    silence.ends();
    if (size == 0) break;
    if (!connection.write(Message::binary(piece.substr(0, size)))) return;
  }
  if (error) return connection.close(close_code::kInternalError, "the upstream server was lost");
  if (all_down.fire({})) connection.close(close_code::kNormal, "the upstream server is done");
}

// What the processor runs: peer to upstream. True if all of it has gone out.
bool pass_up(Connection& connection, UpstreamSocket& upstream) {
  for (const Message& message : connection) {
    if (send_all(upstream, message.data, connection.over())) continue;
    connection.close(close_code::kInternalError, "the upstream server was lost");
    return false;
  }
  upstream.shutdown_send();  // the peer has said its last; the upstream server may still answer
  return true;
}

bool server_stops(const Connection& connection) {
  const auto reason = connection.ending().reason();
  return reason && reason->by == ClosedBy::server;
}

// Blocks until the way down is at its end. Gives up when the upstream server has said nothing for
// too long, and when it is over: that it looks at every 100 ms. True if it had all of it.
bool await_all_down(const Latch& down, const Silence& silence, const Connection& connection,
                    const UpstreamPatience& patience) {
  const TimePoint from = Clock::now();
  const auto enough = server_stops(connection) ? patience.to_answer_at_stop : patience.to_answer;
  while (!down.wait_until(Clock::now() + kGlance)) {
    if (connection.over().fired() || silence.lasts(from, enough)) return false;
  }
  return down.reason()->code == close_code::kNormal;
}

// How the way down has ended, for whoever fires first: all of it, or not.
void fire(Latch& all_down, std::uint16_t code) { all_down.fire({ClosedBy::processor, code, {}}); }

// True if everything has been delivered, both ways.
bool pass_both_ways(Connection& connection, UpstreamSocket& upstream,
                    const UpstreamPatience& patience) {
  Latch all_down;
  Silence silence;
  Workers down(connection, 1);
  const struct ShutDown {  // before the worker is joined, however the scope is left
    Latch& all_down;
    UpstreamSocket& upstream;
    ~ShutDown() {
      fire(all_down, close_code::kInternalError);
      upstream.shutdown();
    }
  } shut_down{all_down, upstream};
  down.push([&] {
    const struct NotAll {  // unless it was all; also if it throws
      Latch& all_down;
      ~NotAll() { fire(all_down, close_code::kInternalError); }
    } not_all{all_down};
    pass_down(upstream, connection, silence, all_down);
  });
  const bool all_up = pass_up(connection, upstream);
  return await_all_down(all_down, silence, connection, patience) && all_up;
}

void serve(Connection& connection, const UpstreamAddress& address,
           const UpstreamPatience& patience) {
  std::error_code error;
  const TimePoint deadline = Clock::now() + patience.to_connect;
  UpstreamSocket upstream = connect_to(address, deadline, connection.over(), error);
  if (upstream) {
    if (!pass_both_ways(connection, upstream, patience)) tell_of_a_loss(connection);
    return;
  }
  if (connection.over().fired()) return;
  spdlog::warn("[{}] no upstream server: {}", connection.id(), error.message());
  connection.close(close_code::kTryAgainLater, "the upstream server does not answer");
  if (connection.read()) tell_of_a_loss(connection);  // it came before the peer's Close
}

}  // namespace

Processor proxy(const std::string& upstream, const UpstreamPatience& patience) {
  return [address = parse_upstream(upstream), patience](Connection& connection) {
    try {
      serve(connection, address, patience);
    } catch (...) {
      end_with_a_loss(connection);
      throw;
    }
  };
}

}  // namespace triloop
