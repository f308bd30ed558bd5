// The life of a connection, and its two endings.
#include "triloop/connection.h"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <string>

#include "net/deadline.h"
#include "net/socket.h"
#include "observe/printable.h"
#include "observe/trace.h"
#include "pattern/liveness.h"
#include "pattern/patience.h"
#include "pattern/pings.h"
#include "pattern/send_buffer.h"
#include "server/routes.h"
#include "threads/spare_threads.h"
#include "triloop/handle.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

// RFC 6455 section 5.5: a control frame carries 125 bytes, two of which are the code.
constexpr std::size_t kMaxReasonBytes = 123;

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

// A connection must be able to end when there is no memory for the text that says why.
CloseReason copy_of(const CloseReason& reason) noexcept {
  try {
    return reason;
  } catch (const std::bad_alloc&) {
    return {reason.by, reason.code, {}};
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
      in_queue_({options.queue_messages, options.queue_bytes}),
      out_queue_({options.queue_messages, options.queue_bytes}),
      liveness_(std::make_unique<Liveness>(*socket_)),
      pings_(std::make_unique<Pings>()),
      patience_(std::make_unique<Patience>(*socket_)) {}

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
  PopResult result{};
  {
    const trace::Gap gap;  // in the slice of the user's code: the next one begins with the message
    const trace::Slice reading("read()");
    result = in_queue_.pop_until(frame, deadline);
    trace::fill("in-queue", id_, in_queue_);
  }
  if (result != PopResult::kItems) {
    return result == PopResult::kClosed ? ReadResult::kEnd : ReadResult::kTimeout;
  }
  trace::arrive("in-queue", frame.arrow);
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
  const trace::Slice writing("write()");
  frame.arrow = trace::depart("out-queue");
  const PushResult result =
      closed_.fired() ? PushResult::kClosed : out_queue_.push_until(frame, deadline);
  trace::fill("out-queue", id_, out_queue_);
  if (result == PushResult::kPushed) return WriteResult::kQueued;
  message.data = std::move(frame.payload);  // it is still the caller's
  return result == PushResult::kFull ? WriteResult::kTimeout : WriteResult::kOver;
}

void Connection::ping() { out_queue_.push_urgent(pings_->next()); }

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
  begin_drain({ClosedBy::application, code, reason});
}

void Connection::abort(const std::string& why) {
  end_now({ClosedBy::application, close_code::kAbnormal, why});
}

// -- The two endings ------------------------------------------------------------------------------
//
// Who does what to whom, from the first sign of an ending to the last:
//
//                             closing_   in-queue   out-queue   socket           peer_done_ closed_
//   begin_drain               fire       close      nudge
//   run_processor, at its end                       close
//   say_goodbye                                                 Close frame
//   reader, its Close or its end                                                 fire
//   say_goodbye                                                 FIN
//   end_now                   fire       discard    discard     shutdown         fire         fire
//
// run_processor and the reader do begin_drain first, and end_if_delivered does end_now. close() is
// begin_drain, abort() and stop_now() are end_now, each with a reason of its own.

void Connection::fire(Latch& latch, const char* what, CloseReason reason) noexcept {
  trace::Firing firing(what, id_, reason);
  if (latch.fire(std::move(reason))) firing.happened();
}

// Drain. Each stage ends because the one before it did: the processor finds the end of the in-queue
// and returns; the writer finds the end of the out-queue and sends the Close frame; the peer
// answers it, and the writer ends our stream; the peer ends its own, which the reader sees.
void Connection::begin_drain(CloseReason reason) noexcept {
  {
    const MutexLock lock(mutex_);
    if (!ends_now_ && !ending_began_) {
      ending_began_ = Clock::now();  // its clocks begin
      patience_->begin();
    }
  }
  fire(closing_, "an ending begins", std::move(reason));
  in_queue_.close();
  out_queue_.nudge();  // the writer's deadline has changed
}

// Abort, and the last step of a drain.
//
// The latches come first: whoever wakes up because of the queues or the socket finds the reason in
// place, and for good; and closing_ before closed_: whoever sees that it is over finds why it
// began. An abort's reason is not for the peer. So the writer, which says goodbye with what it
// finds in closing_, is told before all that: ends_now(). The latch peer_done_ comes last: it only
// frees the writer in say_goodbye.
void Connection::end_now(const CloseReason& reason) noexcept {
  {
    const MutexLock lock(mutex_);
    ends_now_ = true;
  }
  fire(closing_, "an ending begins", copy_of(reason));
  fire(closed_, "the close latch fires", copy_of(reason));
  in_queue_.discard();
  out_queue_.discard();
  socket_->shutdown();
  peer_done_.fire(copy_of(reason));
}

bool Connection::ends_now() const {
  const MutexLock lock(mutex_);
  return ends_now_;
}

// One direction of the stream has ended: ours by the writer, the peer's as the reader sees.
void Connection::direction_done(bool Connection::*direction) {
  {
    const MutexLock lock(mutex_);
    this->*direction = true;
  }
  end_if_delivered();
}

// A drain is over when both are, and the peer has all that was sent to it. Before that a socket
// must not be closed: the peer's next byte would draw a reset, and what the kernel still holds be
// lost.
bool Connection::end_if_delivered() {
  {
    const MutexLock lock(mutex_);
    if (!received_all_ || !sent_all_) return false;
  }
  if (!socket_->delivery().is_complete()) return false;
  end_now(*closing_.reason());
  return true;
}

void Connection::stop() {
  begin_drain({ClosedBy::server, close_code::kGoingAway, "server stopping"});
  const MutexLock lock(mutex_);
  if (phase_ == Phase::receiving_request) socket_->shutdown();
}

void Connection::stop_now() noexcept {
  CloseReason reason{ClosedBy::server, close_code::kGoingAway, {}};
  try {
    reason.text = "the server could wait no longer";
  } catch (const std::bad_alloc&) {  // then without a text
  }
  end_now(reason);
}

// -- The threads ----------------------------------------------------------------------------------

void Connection::serve(Place* place) noexcept {
  const trace::Track track(trace::Role::reader, id_);
  place_ = place;
  try {
    if (handshake()) start_and_join();
  } catch (...) {  // no memory left, even for the answer or for the log: the socket just closes
    end_now({ClosedBy::server, close_code::kInternalError, ""});
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
  SpareThreads::Task writer;
  SpareThreads::Task processor;
  try {
    writer = threads_.start("write-" + number, [this] { run_guarded(&Connection::write_loop); });
    processor = threads_.start("proc-" + number, [this] { run_processor(); });
    run_guarded(&Connection::read_loop);
  } catch (...) {
    // One of the two is missing. The peer sees 1006; the code is for the log, in a text so short
    // that it needs no memory.
    end_now({ClosedBy::server, close_code::kTryAgainLater, "no thread left"});
  }
  const trace::Slice joining("joining the other two");
  processor.join();
  writer.join();
  log_the_end();
}

// The top of the reader and the writer: an exception (no memory) becomes the connection's end.
void Connection::run_guarded(void (Connection::*loop)()) noexcept {
  try {
    (this->*loop)();
  } catch (...) {
    end_now({ClosedBy::server, close_code::kInternalError, "out of memory"});
  }
}

void Connection::log_the_end() const {
  const CloseReason first = *closing_.reason();
  const CloseReason last = *closed_.reason();
  if (first == last) {
    spdlog::info("[{}] closed by {}", id_, describe(first));
  } else {
    spdlog::info("[{}] closed by {}; cut short by {}", id_, describe(first), describe(last));
  }
}

}  // namespace triloop
