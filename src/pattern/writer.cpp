// The writer thread: the only one to send. Out-queue to socket, and the heartbeat between.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/socket.h"
#include "observe/trace.h"
#include "pattern/liveness.h"
#include "pattern/patience.h"
#include "pattern/pings.h"
#include "pattern/send_buffer.h"
#include "threads/many_threads.h"
#include "triloop/connection.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

constexpr const char* kHeartbeatText = "heartbeat from server";

// How late a heartbeat or a deadline may be: nothing to the peer, and a third less work for the
// kernel where thousands of connections beat.
constexpr std::chrono::milliseconds kTimerSlack{20};

// What the writer takes from the out-queue at a time, and so what a peer that does not read may
// cost beyond the queue's bounds.
constexpr QueueBounds kBatch{SendBuffer::kMostFrames, 256 * 1024};

// While a send waits for the peer, nobody can tell the writer that an ending has begun: that would
// take a descriptor more for each connection. So it looks by itself, this often.
constexpr std::chrono::milliseconds kLookUpEvery{500};

// After the goodbye mostly all has arrived by then.
constexpr std::chrono::milliseconds kFirstLook{10};

// When to send what is sent every so often. Beats keep their rhythm however long a send takes;
// those that were missed meanwhile are not made up for.
class Beat {
 public:
  explicit Beat(std::chrono::milliseconds interval)
      : interval_(interval), next_(interval.count() > 0 ? Clock::now() + interval : kNever) {}

  TimePoint next() const { return next_; }

  // True once per beat.
  bool is_due() {
    if (next_ == kNever || Clock::now() < next_) return false;
    while (next_ <= Clock::now()) next_ += interval_;
    return true;
  }

 private:
  const std::chrono::milliseconds interval_;
  TimePoint next_;
};

}  // namespace

// Blocks on an empty out-queue (freed by a frame, by the processor's end, by the first sign of an
// ending, which nudges it, by the latch, and by its own next deadline), on a peer that does not
// read (freed by the peer, the latch, `write_timeout`, an ending's clocks), and at the very end on
// the latches themselves (freed by the reader, or by the ending's clocks).
void Connection::write_loop() {
  const ThreadMeter::Presence here(writer_meter_, threads_ended_);
  const trace::Track track(trace::Role::writer, id_);
  const RelaxedTimers relaxed(kTimerSlack);
  Beat heartbeat(path_options_->heartbeat);
  Beat ping(path_options_->ping_interval);
  std::vector<Frame> batch;
  for (;;) {
    batch.clear();  // lest large frames stay in memory while the next ones are waited for
    const TimePoint deadline = std::min({heartbeat.next(), ping.next(), ping_look_, clocks_due()});
    const PopResult popped = out_queue_.pop_batch(batch, kBatch, deadline);
    if (popped == PopResult::kClosed) break;
    trace::fill("out-queue", id_, out_queue_);
    if (popped == PopResult::kItems && !send(batch)) return;
    if (!watch_clocks()) return;
    const bool ends = closing_.fired();  // then nobody waits for a pong, nor for a beat
    if (ping.is_due() && !ends && !send_ping()) return;
    if (heartbeat.is_due() && !ends && !send({Opcode::text, kHeartbeatText})) return;
    if (ping_look_ != kNever && Clock::now() >= ping_look_) ping_look_ = liveness_->look();
  }
  say_goodbye();
}

// Asks whether the peer is alive.
bool Connection::send_ping() {
  liveness_->asks();
  if (!send(pings_->next())) return false;
  ping_look_ = std::min(ping_look_, liveness_->has_asked());
  return true;
}

bool Connection::send(Frame frame) {
  std::vector<Frame> alone;
  alone.push_back(std::move(frame));
  return send(alone);
}

// Sends frames, in one system call if the kernel takes them all. False if the connection is over.
bool Connection::send(std::vector<Frame>& frames) {
  const trace::Slice slice("sending");
  const Stopwatch::Running sending(writer_meter_.socket);
  if (trace::is_on()) {
    for (const Frame& frame : frames) trace::arrive("out-queue", frame.arrow);
  }
  SendBuffer& bytes = *outgoing_;
  bytes.load(frames);
  std::optional<Patience> stall;  // from the moment in which the peer takes nothing
  while (!bytes.is_empty()) {
    std::error_code error;
    const std::size_t sent = socket_->try_send(bytes.parts(), bytes.count(), error);
    if (error) {
      end_now({ClosedBy::network, close_code::kAbnormal, error.message()});
      return false;
    }
    bytes.remove_prefix(sent);
    if (sent > 0) {
      stall.reset();
    } else if (!wait_for_peer(stall)) {
      return false;
    }
  }
  count(frames);
  return true;
}

void Connection::count(const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) {
    if (frame.opcode != Opcode::text && frame.opcode != Opcode::binary) continue;
    sent_.messages.add(1);
    sent_.bytes.add(frame.payload.size());
  }
}

// Waits until the peer takes more bytes, or for a short time. False if it is over, for this one's
// having waited long enough or for anything else.
bool Connection::wait_for_peer(std::optional<Patience>& stall) {
  if (!stall) stall.emplace(*socket_);
  if (!stall->lasts(options_.write_timeout)) return give_up("the peer stopped reading");
  if (!watch_clocks()) return false;
  const trace::Slice waiting("waiting for the peer");
  socket_->wait_writable(
      std::min({stall->end(options_.write_timeout), clocks_due(), Clock::now() + kLookUpEvery}));
  return !closed_.fired();
}

// -- The ending's clocks, which began in begin_drain() --------------------------------------------

// When watch_clocks() is due.
TimePoint Connection::clocks_due() const {
  const std::optional<TimePoint> latest = ends_at_latest();
  return latest ? std::min(*latest, patience_->end(path_options_->close_timeout)) : kNever;
}

// False, and the end, once all of it has taken too long, or if the peer has not moved for too long.
// As long as the processor works on what was queued, the peer's time stands still.
bool Connection::watch_clocks() {
  const std::optional<TimePoint> latest = ends_at_latest();
  if (!latest) return true;
  if (Clock::now() >= *latest) return give_up("the ending limit passed");
  const bool works = processor_has_work();
  if (works || had_work_) patience_->begin();
  had_work_ = works;
  return patience_->lasts(path_options_->close_timeout) || give_up("the close timeout passed");
}

bool Connection::give_up(const char* why) {
  end_now({ClosedBy::network, close_code::kAbnormal, why});
  return false;
}

// nullopt before an ending has begun, and if none begins because it is over at once: end_now().
std::optional<TimePoint> Connection::ends_at_latest() const {
  if (!closing_.fired()) return std::nullopt;
  const auto limit = path_options_->ending_limit;
  const MutexLock lock(mutex_);
  if (!ending_began_) return std::nullopt;
  return limit.count() > 0 ? *ending_began_ + limit : kNever;
}

// Has it something in hand of what was queued? While the server stops it may take longer, too: for
// that the server has a clock of its own.
bool Connection::processor_has_work() const {
  if (out_queue_.is_closed()) return false;  // it has returned
  return !in_queue_.is_finished() || closing_.reason()->by == ClosedBy::server;
}

// All replies are sent: now the Close frame, and then the peer's. Only behind that our stream ends:
// some clients take a stream that ends with their own Close unsaid for a broken one, and drop what
// they have not read yet. Then it is for the peer to end its own; the server ends first (RFC 6455
// section 7.1.1).
void Connection::say_goodbye() {
  const trace::Slice closing("goodbye");
  const CloseReason reason = *closing_.reason();  // for good: the out-queue is closed behind it
  // An abort's is not for the peer. But nobody leaves before closed_ has fired: the reader logs it.
  if (ends_now()) return closed_.wait();
  if (!watch_clocks()) return;
  if (!send(close_frame({reason.code, reason.text}))) return;
  const Stopwatch::Running waiting(goodbye_);
  if (!await_peer(peer_done_)) return;
  socket_->shutdown_send();
  direction_done(&Connection::sent_all_);
  await_peer(closed_);
}

// Blocks until `latch` has fired; freed by the reader, or by the ending's clocks. False if it is
// over, whoever ended it. While something is on its way to the peer it looks how far it has come,
// ever less often. Unlike watch_clocks(): the processor has returned.
bool Connection::await_peer(const Latch& latch) {
  const TimePoint latest = ends_at_latest().value_or(kNever);
  Clock::duration look = kFirstLook;
  for (;;) {
    const bool moves = patience_->lasts(path_options_->close_timeout);
    const Delivery delivery = patience_->seen();
    if (delivery.is_complete() && end_if_delivered()) return false;
    if (delivery.broken) return give_up("the peer has reset the connection");
    const TimePoint now = Clock::now();
    if (now >= latest) return give_up("the ending limit passed");
    if (!moves) {
      return give_up(delivery.is_complete() ? "the peer did not end its stream"
                                            : "the close timeout passed");
    }
    const TimePoint next = delivery.is_complete() ? kNever : now + look;
    const TimePoint end = patience_->end(path_options_->close_timeout);
    if (latch.wait_until(std::min({next, latest, end}))) return !closed_.fired();
    look = std::min<Clock::duration>(look * 2, kLookUpEvery);
  }
}

}  // namespace triloop
