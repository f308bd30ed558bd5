#include "life/life.h"

#include <string>
#include <utility>

#include "observe/follow.h"
#include "pattern/wires.h"

namespace triloop {

// In two allocations: handles that outlast the connection keep the small one.
std::shared_ptr<Connection> Life::begin(std::uint64_t id, std::shared_ptr<Socket> socket,
                                        std::unique_ptr<Upgrade> upgrade, SpareThreads& threads) {
  std::shared_ptr<Connection> begun(
      new Connection(id, std::move(socket), std::move(upgrade), threads),
      [](Connection* last_let_go) { delete last_let_go; });  // which nobody else may
  begun->self_ = begun;
  begun->admitted_ = std::move(begun->upgrade_->admitted);
  Wires& wires = *begun->wires_;
  if (begun->upgrade_->role == Role::client) wires.out_queue.keep_rest();  // for end_of()
  identify(*begun->upgrade_, wires.observer, wires.in_queue, wires.out_queue);
  // What the socket itself has to say, for TLS, the writer sends: woken by a pong that nobody asked
  // for, which may come at any time (RFC 6455 section 5.5.3). Called by the reader, within wires.
  wires.raw_socket->nudge_with([&wires] {
    wires.out_queue.push_urgent({Opcode::pong, std::string()});
  });
  return begun;
}

void Life::serve(Connection& connection) noexcept {
  connection.serve();
  connection.admitted_.reset();  // here: its destructor is the user's, who may block this thread
}

ConnectionEnd Life::end_of(Connection& connection) {
  Wires& wires = *connection.wires_;
  ConnectionEnd end;
  end.began = *wires.ending.begun().reason();
  end.over = *wires.ending.over().reason();
  // An abort of an open connection has one reason, too; so the ending is asked once more.
  const bool all_done = end.began == end.over && wires.ending.end_if_delivered();
  end.is_clean = all_done && wires.ending.peer_done().reason()->code == close_code::kNoStatus;
  if (all_done && !end.is_clean) {
    end.over = {ClosedBy::network, close_code::kAbnormal, "the stream ended without a Close frame"};
  }
  for (Frame& frame : wires.out_queue.take_rest()) {
    if (!is_message(frame)) continue;
    end.unsent.push_back(
        {frame.opcode == Opcode::text ? MessageType::text : MessageType::binary,
         frame.encoded ? std::string(frame.encoded->payload()) : std::move(frame.payload)});
  }
  end.in_doubt = wires.out_queue.in_hand();
  const Delivery delivery = wires.socket.delivery();
  end.unacknowledged_bytes = delivery.sent - delivery.acknowledged;
  return end;
}

void Life::drain(Connection& connection, CloseReason reason) {
  connection.wires_->ending.begin_drain(std::move(reason));
}

void Life::end_now(Connection& connection, const CloseReason& reason) {
  connection.wires_->ending.end_now(reason);
}

}  // namespace triloop
