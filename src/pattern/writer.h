/// The writer thread: the only one to send.
#pragma once

#include <optional>
#include <vector>

#include "net/patience.h"
#include "pattern/wires.h"
#include "websocket/send_buffer.h"

namespace triloop {

class WatchedLatch;

/// Out-queue to socket, and the heartbeat between. Beside the wires: what it alone can touch.
class Writer {
 public:
  explicit Writer(Wires& wires)
      : options_(wires.options),
        write_timeout_(wires.write_timeout),
        socket_(wires.socket),
        in_queue_(wires.in_queue),
        out_queue_(wires.out_queue),
        ending_(wires.ending),
        liveness_(wires.liveness),
        pings_(wires.pings),
        spares_(wires.spares),
        outgoing_(wires.protocol) {}

  /// Sends until there is nothing more to send, and says goodbye.
  ///
  /// Blocks on an empty out-queue (freed by a frame, by the processor's end, which closes it, by
  /// begin_drain(), which nudges it, by end_now(), and by its own next deadline), on a peer that
  /// does not read (freed by the peer, end_now(), `write_timeout`, a drain's clocks), and in the
  /// goodbye on peer_done() and over() (freed by the reader, end_now(), a drain's clocks).
  void loop();

 private:
  bool send(Frame frame);
  bool send(std::vector<Frame>& frames);
  bool wait_for_peer(std::optional<Patience>& stall);
  bool send_ping();
  TimePoint clocks_due() const;
  bool watch_clocks();
  bool give_up(const char* why);
  std::optional<TimePoint> ends_at_latest() const;
  bool processor_has_work() const;
  void say_goodbye();
  bool await_peer(const WatchedLatch& latch, const CloseReason* closed = nullptr);

  const PathOptions& options_;
  const std::chrono::milliseconds write_timeout_;
  Socket& socket_;
  FrameQueue& in_queue_;
  FrameQueue& out_queue_;
  Ending& ending_;
  Liveness& liveness_;
  Pings& pings_;
  SpareBuffers& spares_;

  SendBuffer outgoing_;
  TimePoint ping_look_ = kNever;  // when to look whether the ping has arrived
  // At the last watch_clocks(): when this turns false the peer's time begins.
  bool processor_had_work_ = false;
};

}  // namespace triloop
