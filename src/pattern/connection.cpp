// The life of a connection, and what its processor calls.
#include "triloop/connection.h"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <string>

#include "net/deadline.h"
#include "observe/frame_queue.h"
#include "observe/observed_socket.h"
#include "observe/observer.h"
#include "pattern/ending.h"
#include "pattern/liveness.h"
#include "pattern/reader.h"
#include "pattern/wires.h"
#include "pattern/writer.h"
#include "threads/many_threads.h"
#include "threads/spare_threads.h"
#include "triloop/handle.h"
#include "websocket/pings.h"
#include "websocket/printable.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

// RFC 6455 section 5.5: a control frame carries 125 bytes, two of which are the code.
constexpr std::size_t kMaxReasonBytes = 123;

// How late a heartbeat or a deadline may be: nothing to the peer, and a third less work for the
// kernel where thousands of connections beat.
constexpr std::chrono::milliseconds kTimerSlack{20};

QueueBounds bounds_of(const PathOptions& options) {
  return {options.queue_messages, options.queue_bytes};
}

std::string describe(const CloseReason& reason) {
  std::string text = fmt::format("{}, {}", name_of(reason.by), reason.code);
  if (!reason.text.empty()) text += " \"" + printable(reason.text) + '"';
  return text;
}

// Takes the message's bytes.
Frame frame_of(Message& message) {
  const bool text = message.type == MessageType::text;
  if (text && !is_utf8(message.data)) throw std::invalid_argument("a text message must be UTF-8");
  return {text ? Opcode::text : Opcode::binary, std::move(message.data)};
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

Connection::Connection(std::uint64_t id, std::unique_ptr<Socket> socket, const Routes& routes,
                       const Options& options, SpareThreads& threads)
    : id_(id),
      routes_(routes),
      options_(options),
      threads_(threads),
      peer_address_(socket->peer_address()),
      path_options_(&options),
      socket_(std::move(socket)),
      observer_(std::make_unique<Observer>(id)),
      in_queue_(std::make_unique<FrameQueue>(FrameQueue::kIn, id, bounds_of(options))),
      out_queue_(std::make_unique<FrameQueue>(FrameQueue::kOut, id, bounds_of(options))),
      ending_(std::make_unique<Ending>(*in_queue_, *out_queue_, *socket_, *observer_)),
      liveness_(std::make_unique<Liveness>(*socket_)),
      pings_(std::make_unique<Pings>()) {}

Connection::~Connection() = default;

// -- What a processor calls -----------------------------------------------------------------------

std::optional<Message> Connection::read() {
  Message message;
  if (read_until(message, kNever) == ReadResult::kEnd) return std::nullopt;
  return message;
}

ReadResult Connection::read_for(Message& message, std::chrono::milliseconds timeout) {
  return read_until(message, deadline_in(timeout));
}

ReadResult Connection::read_until(Message& message, TimePoint deadline) {
  Frame frame;
  const PopResult result = in_queue_->pop_until(frame, deadline);
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
  Frame frame = frame_of(message);
  const PushResult result =
      ending_->over().fired() ? PushResult::kClosed : out_queue_->push_until(frame, deadline);
  if (result == PushResult::kPushed) return WriteResult::kQueued;
  message.data = std::move(frame.payload);  // it is still the caller's
  return result == PushResult::kFull ? WriteResult::kTimeout : WriteResult::kOver;
}

void Connection::ping() { out_queue_->push_urgent(pings_->next()); }

std::optional<std::chrono::nanoseconds> Connection::round_trip() const {
  return pings_->round_trip();
}

ConnectionHandle Connection::handle() { return ConnectionHandle(weak_from_this(), id_); }

void Connection::close(std::uint16_t code, const std::string& reason) {
  if (!is_sendable_close_code(code)) {
    throw std::invalid_argument("close code " + std::to_string(code) + " may not be sent");
  }
  if (reason.size() > kMaxReasonBytes || !is_utf8(reason)) {
    throw std::invalid_argument("a close reason must be UTF-8 of at most 123 bytes");
  }
  ending_->begin_drain({ClosedBy::application, code, reason});
}

void Connection::abort(const std::string& why) {
  ending_->end_now({ClosedBy::application, close_code::kAbnormal, why});
}

const Latch& Connection::closing() const { return ending_->begun(); }
const Latch& Connection::closed() const { return ending_->over(); }

// -- What the server calls ------------------------------------------------------------------------

void Connection::stop() {
  ending_->begin_drain({ClosedBy::server, close_code::kGoingAway, "server stopping"});
  const MutexLock lock(mutex_);
  if (phase_ == Phase::receiving_request) socket_->shutdown();
}

void Connection::stop_now() noexcept {
  CloseReason reason{ClosedBy::server, close_code::kGoingAway, {}};
  try {
    reason.text = "the server could wait no longer";
  } catch (const std::bad_alloc&) {  // then without a text
  }
  ending_->end_now(reason);
}

void Connection::serve(Place* place) noexcept {
  place_ = place;
  try {
    if (handshake()) start_and_join();
  } catch (...) {  // no memory left, even for the answer or for the log: the socket just closes
    ending_->end_now({ClosedBy::server, close_code::kInternalError, ""});
  }
}

// This thread becomes the reader. It starts the other two, and joins them whatever happens.
void Connection::start_and_join() {
  {
    const MutexLock lock(mutex_);
    phase_ = Phase::open;
  }
  if (path_options_->ping_interval.count() > 0) {
    liveness_->use(path_options_->pong_timeout, options_.write_timeout);
  }
  const std::string number = std::to_string(id_);
  spdlog::info("[{}] open: {} {}", id_, peer_address_, printable(request_.path));
  ObservedSocket socket(*socket_, *observer_);
  const Wires wires{*path_options_, options_.write_timeout,
                    socket,         *protocol_,
                    *in_queue_,     *out_queue_,
                    *ending_,       *liveness_,
                    *pings_};
  SpareThreads::Task writer;
  SpareThreads::Task processor;
  try {
    writer = threads_.start("write-" + number, [&] {
      const auto watched = observer_->writer();
      const RelaxedTimers relaxed(kTimerSlack);
      run_guarded(*ending_, [&] { Writer(wires).loop(); });
    });
    processor = threads_.start("proc-" + number, [this] {
      const auto watched = observer_->processor();
      run_processor();
    });
    const auto watched = observer_->reader();
    run_guarded(*ending_, [&] { Reader(wires).loop(std::move(early_bytes_)); });
  } catch (...) {
    // Not both of them run. The peer sees 1006; the code is for the log, in a text so short
    // that it needs no memory.
    ending_->end_now({ClosedBy::server, close_code::kTryAgainLater, "no thread left"});
  }
  processor.join();
  writer.join();
  log_the_end();
}

void Connection::log_the_end() const {
  const CloseReason first = *ending_->begun().reason();
  const CloseReason last = *ending_->over().reason();
  if (first == last) {
    spdlog::info("[{}] closed by {}", id_, describe(first));
  } else {
    spdlog::info("[{}] closed by {}; cut short by {}", id_, describe(first), describe(last));
  }
}

}  // namespace triloop
