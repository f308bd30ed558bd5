/// The reader thread: the only one to receive.
#pragma once

#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

#include "pattern/wires.h"
#include "websocket/bytes.h"
#include "websocket/close_finder.h"

namespace triloop {

struct CloseStatus;

/// Socket to in-queue. Beside the wires: what only the reader touches, and so nobody else can.
class Reader {
 public:
  explicit Reader(Wires& wires)
      : options_(wires.options),
        socket_(wires.socket),
        protocol_(wires.protocol),
        in_queue_(wires.in_queue),
        out_queue_(wires.out_queue),
        ending_(wires.ending),
        liveness_(wires.liveness),
        pings_(wires.pings),
        finder_(wires.protocol.role()) {}

  /// Takes in `early_bytes`, which came right behind the handshake, and reads to the end.
  ///
  /// Blocks on the socket (freed by the peer, by its own deadline, or by end_now(), which shuts the
  /// socket down) and on a full in-queue (freed by the processor, or by any ending, which closes
  /// the queue).
  void loop(std::string early_bytes);

 private:
  std::size_t receive(Bytes into, std::error_code& error);
  bool give_up_if_dead();
  void take_in(Bytes bytes);
  void pass_on(Frame frame);
  void pass_on_batch();
  void look_for_close(Bytes bytes);
  void peer_closes();
  void peer_begins_drain(const CloseStatus& status);
  void stream_ended(const std::error_code& error);

  const PathOptions& options_;
  Socket& socket_;
  WsProtocol& protocol_;
  FrameQueue& in_queue_;
  FrameQueue& out_queue_;
  Ending& ending_;
  Liveness& liveness_;
  Pings& pings_;

  std::vector<Frame> batch_;  // decoded, not yet in the in-queue
  std::size_t batch_bytes_ = 0;
  bool discards_ = false;  // behind a Close frame or a violation nothing is decoded
  bool closed_ = false;    // the peer's Close has come
  CloseFinder finder_;     // in what is discarded behind a violation
};

}  // namespace triloop
