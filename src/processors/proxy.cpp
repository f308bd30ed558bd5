#include "processors/proxy.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string_view>
#include <system_error>

#include "processors/upstream.h"
#include "processors/workers.h"

namespace triloop {
namespace {

constexpr std::chrono::seconds kToConnect{5}, kToFinish{2};
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// Blocks while the upstream server does not read, and then nobody reads the connection either: the
// peer has to wait. Freed by the upstream server, or by the end of the connection.
bool send_all(Socket& upstream, std::string_view bytes, const CloseLatch& over) {
  std::error_code error;
  while (!bytes.empty()) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    bytes.remove_prefix(upstream.try_send(&part, 1, error));
    if (error) return false;
    while (!bytes.empty() && !upstream.wait_writable(Clock::now() + kGlance)) {
      if (over.fired()) return false;
    }
  }
  return true;
}

// What the worker runs: upstream to peer. Blocks in receive(), freed by the upstream server or by
// the processor's shutdown(); and in write(), while the peer does not read, freed by the latch.
void pass_down(Socket& upstream, Connection& connection) {
  std::string piece(kPieceBytes, '\0');
  std::error_code error;
  while (const std::size_t size = upstream.receive(piece.data(), piece.size(), kNever, error)) {
    if (!connection.write(Message::binary(piece.substr(0, size)))) return;
  }
  if (error) return connection.close(close_code::kInternalError, "the upstream server was lost");
  connection.close(close_code::kNormal, "the upstream server is done");
}

// Blocks until the upstream server has said its last; freed after two seconds, or by the end of the
// connection, when nobody would get it.
void await_last(const CloseLatch& all_down, const CloseLatch& over) {
  const TimePoint deadline = Clock::now() + kToFinish;
  while (!over.fired() && Clock::now() < deadline) {
    if (all_down.wait_until(Clock::now() + kGlance)) return;
  }
}

void serve(Connection& connection, Socket& upstream) {
  CloseLatch all_down;
  Workers down(connection, 1);
  const struct ShutDown {  // before the worker is joined, however the scope is left
    Socket& upstream;
    ~ShutDown() { upstream.shutdown(); }
  } shut_down{upstream};
  down.push([&] {
    pass_down(upstream, connection);
    all_down.fire({});
  });
  for (const Message& message : connection) {
    if (send_all(upstream, message.data, connection.closed())) continue;
    connection.close(close_code::kInternalError, "the upstream server was lost");
    break;
  }
  upstream.shutdown_send();  // the peer has said its last; the upstream server may still answer
  await_last(all_down, connection.closed());
}

}  // namespace

Processor proxy(const std::string& upstream) {
  return [address = parse_upstream(upstream)](Connection& connection) {
    std::error_code error;
    const auto socket = connect_to(address, Clock::now() + kToConnect, connection.closed(), error);
    if (socket != nullptr) return serve(connection, *socket);
    if (connection.closed().fired()) return;
    spdlog::warn("[{}] no upstream server: {}", connection.id(), error.message());
    connection.close(close_code::kTryAgainLater, "the upstream server does not answer");
  };
}

}  // namespace triloop
