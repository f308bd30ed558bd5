#include "life/life.h"

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

void Life::drain(Connection& connection, CloseReason reason) {
  connection.wires_->ending.begin_drain(std::move(reason));
}

void Life::end_now(Connection& connection, const CloseReason& reason) {
  connection.wires_->ending.end_now(reason);
}

}  // namespace triloop
