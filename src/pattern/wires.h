/// What the three threads of a connection share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/liveness.h"
#include "observe/frame_queue.h"
#include "observe/observed_socket.h"
#include "observe/observer.h"
#include "pattern/ending.h"
#include "websocket/pings.h"
#include "websocket/protocol.h"
#include "websocket/spare_buffers.h"
#include "websocket/upgrade.h"

namespace triloop {

/// Where the threads meet. Any thread may call the queues, the ending (but its patience()) and the
/// pings; of the socket, the protocol, the spare buffers and the liveness some calls are the
/// reader's and some the writer's: their headers say which. FrameQueue, ObservedSocket and, in
/// Ending, WatchedLatch are BoundedQueue<Frame>, Socket and Latch, watched by src/observe. A Frame
/// is a whole message or a control frame.
///
///     socket -> reader -> in-queue -> processor -> out-queue -> writer -> socket
struct Wires {
  /// What the upgrade refers to must outlive it.
  Wires(std::uint64_t id, std::shared_ptr<Socket> of, const Upgrade& upgrade)
      : options(*upgrade.options),
        write_timeout(upgrade.write_timeout),
        observer(id, upgrade.accepted_at),
        raw_socket(std::move(of)),
        spares(options.keep_buffers),
        protocol(options.max_message_bytes, upgrade.deflate, &spares, upgrade.role),
        in_queue(FrameQueue::kIn, id, {options.queue_messages, options.queue_bytes}),
        out_queue(FrameQueue::kOut, id, {options.queue_messages, options.queue_bytes}) {}

  const PathOptions& options;
  const std::chrono::milliseconds write_timeout;  ///< not the path's: of the server, or the client
  Observer observer;
  const std::shared_ptr<Socket> raw_socket;  ///< not observed: for whoever makes the connection
  ObservedSocket socket{*raw_socket, observer};
  SpareBuffers spares;   ///< the writer gives them back, the reader takes them
  WsProtocol protocol;   ///< its decoding half is the reader's, its encoding half the writer's
  FrameQueue in_queue;   ///< text and binary only
  FrameQueue out_queue;  ///< replies; in its lane pongs, and the pings of Connection::ping()
  Ending ending{in_queue, out_queue, socket, observer};
  Liveness liveness{socket, options, write_timeout};  ///< the writer asks, the reader judges
  Pings pings;
};

}  // namespace triloop
