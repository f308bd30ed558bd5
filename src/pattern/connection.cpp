// The life of a connection, and what its processor calls.
#include "triloop/connection.h"

#include <string>

#include "net/deadline.h"
#include "observe/log.h"
#include "observe/snapshot.h"
#include "pattern/reader.h"
#include "pattern/wires.h"
#include "pattern/writer.h"
#include "threads/many_threads.h"
#include "threads/spare_threads.h"
#include "triloop/handle.h"

namespace triloop {
namespace {

// How late a deadline may be: nothing to the peer, and a third less work where thousands beat.
constexpr std::chrono::milliseconds kTimerSlack{20};

WriteResult result_of(PushResult push) {
  if (push == PushResult::kPushed) return WriteResult::kQueued;
  return push == PushResult::kFull ? WriteResult::kTimeout : WriteResult::kOver;
}

// The top of the reader and the writer: an exception (no memory) becomes the connection's end.
template <typename Loop>
void run_guarded(Ending& ending, Loop loop) noexcept {
  try {
    loop();
  } catch (...) {
    ending.end_now({ClosedBy::server, close_code::kInternalError, "out of memory"});
  }
}

}  // namespace

Connection::Connection(std::uint64_t id, std::shared_ptr<Socket> socket,
                       std::unique_ptr<Upgrade> upgrade, SpareThreads& threads)
    : id_(id),
      threads_(threads),
      upgrade_(std::move(upgrade)),
      wires_(std::make_unique<Wires>(id, std::move(socket), *upgrade_)) {}

Connection::~Connection() = default;

// -- What a processor calls -----------------------------------------------------------------------

std::optional<Message> Connection::read() {
  Message message;
  const bool came = read_until(message, kNever) == ReadResult::kMessage;
  return came ? std::optional(std::move(message)) : std::nullopt;
}

ReadResult Connection::read_for(Message& message, std::chrono::milliseconds timeout) {
  return read_until(message, deadline_in(timeout));
}

ReadResult Connection::read_until(Message& message, TimePoint deadline) {
  Frame frame;
  const PopResult result = wires_->in_queue.pop_until(frame, deadline);
  if (result != PopResult::kItems) {
    return result == PopResult::kClosed ? ReadResult::kEnd : ReadResult::kTimeout;
  }
  message.type = frame.opcode == Opcode::text ? MessageType::text : MessageType::binary;
  message.data = std::move(frame.payload);
  return ReadResult::kMessage;
}

bool Connection::write(Message message) {
  return write_until(message, kNever) == WriteResult::kQueued;
}

WriteResult Connection::write_for(Message& message, std::chrono::milliseconds timeout) {
  return write_until(message, deadline_in(timeout));
}

// The latch is asked first: an abort fires it before it closes the queue, and who has seen it fired
// (ConnectionHandle::is_over) must not find room.
WriteResult Connection::write_until(Message& message, TimePoint deadline) {
  Frame frame = data_frame(message);
  PushResult result = PushResult::kClosed;
  try {
    if (!wires_->ending.over().fired()) result = wires_->out_queue.push_until(frame, deadline);
  } catch (...) {
    message.data = std::move(frame.payload);
    throw;
  }
  if (result != PushResult::kPushed) message.data = std::move(frame.payload);  // the caller's still
  return result_of(result);
}

WriteResult Connection::write_all_for(const std::vector<PreparedMessage>& messages,
                                      std::size_t& written, std::chrono::milliseconds timeout) {
  std::vector<Frame> frames;
  for (auto i = written; i < messages.size(); ++i) frames.emplace_back(messages[i].encoded());
  if (wires_->ending.over().fired()) return WriteResult::kOver;  // first, as above
  const PushResult result = wires_->out_queue.push_all_until(frames, deadline_in(timeout));
  written = messages.size() - frames.size();
  return result_of(result);
}

void Connection::ping() { wires_->out_queue.push_urgent(wires_->pings.next()); }

std::optional<std::chrono::nanoseconds> Connection::round_trip() const {
  return wires_->pings.round_trip();
}

ConnectionHandle Connection::handle() { return ConnectionHandle(self_, id_); }

void Connection::close(std::uint16_t code, const std::string& reason) {
  check_close(code, reason);
  wires_->ending.begin_drain(reason_for(ClosedBy::application, code, reason));
}

void Connection::abort(const std::string& why) {
  wires_->ending.end_now(reason_for(ClosedBy::application, close_code::kAbnormal, why));
}

const Request& Connection::request() const { return upgrade_->request; }
const std::string& Connection::subprotocol() const { return upgrade_->subprotocol; }

const Latch& Connection::ending() const { return wires_->ending.begun(); }
const Latch& Connection::over() const { return wires_->ending.over(); }

ConnectionSnapshot Connection::snapshot() const {
  return snapshot_of(request(), wires_->observer, wires_->in_queue, wires_->out_queue,
                     wires_->spares, ending(), over());
}

// -- What its owner calls, by Life (src/life) -----------------------------------------------------

void Connection::serve() noexcept {
  try {
    start_and_join();
  } catch (...) {  // no memory left, even for the log: the socket just closes
    wires_->ending.end_now({ClosedBy::server, close_code::kInternalError, ""});
  }
}

// This thread, read-N, which the accept loop (or a client) has started and will join, becomes the
// reader. It starts the other two, and joins them whatever happens. A Task is joined like a Thread.
void Connection::start_and_join() {
  const std::string number = std::to_string(id_);
  log_open(id_, request());
  SpareThreads::Task writer, processor;
  try {
    writer = threads_.start("write-" + number, [&] {
      const auto watched = wires_->observer.writer();
      const RelaxedTimers relaxed(kTimerSlack);
      run_guarded(wires_->ending, [&] { Writer(*wires_).loop(); });
    });
    processor = threads_.start("proc-" + number, [this] {
      const auto watched = wires_->observer.processor();
      run_processor();
    });
    const auto watched = wires_->observer.reader();
    give_back_stack_below();  // what the handshake needed, which went deeper
    run_guarded(wires_->ending, [&] { Reader(*wires_).loop(std::move(upgrade_->early_bytes)); });
  } catch (...) {
    // Not both of them run. The peer sees 1006; the code is for the log, in a text so short
    // that it needs no memory.
    wires_->ending.end_now({ClosedBy::server, close_code::kTryAgainLater, "no thread left"});
  }
  processor.join();
  writer.join();
  log_end(id_, *wires_->ending.begun().reason(), *wires_->ending.over().reason());
}

}  // namespace triloop
