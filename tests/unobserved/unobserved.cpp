// What include/triloop promises of observation: what queues and latches know by themselves, and
// nothing else.
#include "observe/log.h"
#include "observe/snapshot.h"
#include "triloop/trace.h"

namespace triloop {

ConnectionSnapshot snapshot_of(const Request& request, const Observer& observer,
                               const FrameQueue& in_queue, const FrameQueue& out_queue,
                               const SpareBuffers& spares, const Latch& ending, const Latch& over) {
  using State = ConnectionSnapshot::State;
  ConnectionSnapshot now;
  now.id = observer.connection();
  now.path = request.path;
  now.closing = ending.reason();
  now.closed = over.reason();
  now.state = now.closing ? State::closing : State::open;
  now.kept_bytes = spares.bytes();
  now.in_queue = in_queue.snapshot();
  now.out_queue = out_queue.snapshot();
  return now;
}

void log_open(std::uint64_t /*id*/, const Request& /*request*/) {}
void log_throw(std::uint64_t /*id*/, const char* /*what*/) noexcept {}
void log_end(std::uint64_t /*id*/, const CloseReason& /*first*/, const CloseReason& /*last*/) {}

namespace trace {

void start(const std::string& /*file*/, const Limits& /*limits*/) {}
void write() noexcept {}

namespace detail {
Hint on;
Ring* open(const char* /*name*/) noexcept { return nullptr; }
void close(Ring* /*ring*/) noexcept {}
}  // namespace detail

}  // namespace trace
}  // namespace triloop
