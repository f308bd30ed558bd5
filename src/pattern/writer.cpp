#include "pattern/writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "threads/beat.h"

namespace triloop {
namespace {

constexpr const char* kHeartbeatText = "heartbeat from server";

// What the writer takes from the out-queue at a time, or one frame that is larger: what a peer that
// does not read may cost beyond the queue's bounds.
constexpr QueueBounds kBatch{SendBuffer::kMostFrames, 256 * 1024};

// While a send waits for the peer, nobody can tell the writer that a drain has begun: that would
// take a descriptor more for each connection. So it looks by itself, this often.
constexpr std::chrono::milliseconds kLookUpEvery{500};

// After the goodbye mostly all has arrived by then.
constexpr std::chrono::milliseconds kFirstLook{10};

}  // namespace

void Writer::loop() {
  Beat heartbeat(options_.heartbeat);
  Beat ping(options_.ping_interval);
  std::vector<Frame> batch;
  for (;;) {
    spares_.give_back(batch);  // the reader's next large messages are received into them
    const TimePoint deadline =
        std::min({heartbeat.next(), ping.next(), ping_look_, clocks_due(), spares_.due()});
    const PopResult popped = out_queue_.pop_batch(batch, kBatch, deadline);
    if (popped == PopResult::kClosed) break;
    if (popped == PopResult::kItems && !send(batch)) return;
    spares_.let_go_if_idle();
    if (!watch_clocks()) return;
    const bool ends = ending_.begun().fired();  // then nobody waits for a pong, nor for a beat
    if (ping.is_due() && !ends && !send_ping()) return;
    if (heartbeat.is_due() && !ends && !send({Opcode::text, kHeartbeatText})) return;
    if (ping_look_ != kNever && Clock::now() >= ping_look_) ping_look_ = liveness_.look();
  }
  say_goodbye();
}

// Asks whether the peer is alive.
bool Writer::send_ping() {
  liveness_.asks();
  if (!send(pings_.next())) return false;
  ping_look_ = std::min(ping_look_, liveness_.has_asked());
  return true;
}

bool Writer::send(Frame frame) {
  std::vector<Frame> alone;
  alone.push_back(std::move(frame));
  return send(alone);
}

// Sends frames, in one system call if the kernel takes them all. False if the connection is over.
bool Writer::send(std::vector<Frame>& frames) {
  outgoing_.load(frames);
  std::optional<Patience> stall;  // from the moment in which the peer takes nothing
  while (!outgoing_.is_empty()) {
    std::error_code error;
    const std::size_t sent = socket_.try_send(outgoing_.parts(), outgoing_.count(), error);
    if (error) {
      ending_.end_now({ClosedBy::network, close_code::kAbnormal, error.message()});
      return false;
    }
    outgoing_.remove_prefix(sent);
    if (sent > 0) {
      stall.reset();
    } else if (!wait_for_peer(stall)) {
      return false;
    }
  }
  return true;
}

// Waits until the peer takes more bytes, or for a short time. False if it is over, for this one's
// having waited long enough or for anything else.
bool Writer::wait_for_peer(std::optional<Patience>& stall) {
  if (!stall) stall.emplace(socket_);
  if (!stall->lasts(write_timeout_)) return give_up("the peer stopped reading");
  if (!watch_clocks()) return false;
  socket_.wait_writable(
      std::min({stall->end(write_timeout_), clocks_due(), Clock::now() + kLookUpEvery}));
  return !ending_.over().fired();
}

// -- A drain's two clocks: ending_limit from drain_began_at(), close_timeout by patience() --------

// When watch_clocks() is due.
TimePoint Writer::clocks_due() const {
  const std::optional<TimePoint> latest = ends_at_latest();
  return latest ? std::min(*latest, ending_.patience().end(options_.close_timeout)) : kNever;
}

// False, and the end, once all of it has taken too long, or if the peer has not moved for too long.
// As long as the processor works on what was queued, the peer's time stands still.
bool Writer::watch_clocks() {
  const std::optional<TimePoint> latest = ends_at_latest();
  if (!latest) return true;
  if (Clock::now() >= *latest) return give_up("the ending limit passed");
  const bool works = processor_has_work();
  if (works || processor_had_work_) ending_.patience().begin();
  processor_had_work_ = works;
  const bool lasts = ending_.patience().lasts(options_.close_timeout);
  if (ending_.patience().seen().broken) return give_up("the peer has reset the connection");
  return lasts || give_up("the close timeout passed");
}

bool Writer::give_up(const char* why) {
  ending_.end_now({ClosedBy::network, close_code::kAbnormal, why});
  return false;
}

// nullopt before a drain has begun, and for good if the connection was aborted while it was open.
std::optional<TimePoint> Writer::ends_at_latest() const {
  if (!ending_.begun().fired()) return std::nullopt;
  const auto limit = options_.ending_limit;
  const std::optional<TimePoint> begin = ending_.drain_began_at();
  if (!begin) return std::nullopt;
  return limit.count() > 0 ? *begin + limit : kNever;
}

// Has it something in hand of what was queued? While the server stops it may take longer, too: for
// that the server has a clock of its own.
bool Writer::processor_has_work() const {
  if (out_queue_.is_closed()) return false;  // it has returned
  return !in_queue_.is_finished() || ending_.begun().reason()->by == ClosedBy::server;
}

// All replies are sent. First our Close frame, then the peer's last word (of a client its Close, of
// a server the end of its stream, which comes first: RFC 6455 section 7.1.1), then the end of ours.
// Some clients take an earlier end for a broken stream, and drop what they have not read.
void Writer::say_goodbye() {
  const std::optional<CloseReason> farewell = ending_.farewell();
  if (!farewell) return ending_.over().wait();  // end_now() is on its way to fire it
  if (!watch_clocks()) return;
  if (!send(close_frame({farewell->code, farewell->text}))) return;
  if (!await_peer(ending_.peer_done())) return;
  socket_.shutdown_send();
  ending_.all_sent();
  await_peer(ending_.over(), &*farewell);
}

// Blocks until `latch` has fired; freed by the reader, end_now(), a drain's clocks. False if over.
// It looks how far what is on its way to the peer has come, ever less often; the processor, unlike
// in watch_clocks(), has returned. `closed`: why, if the peer's FIN alone is missing: no cut.
bool Writer::await_peer(const WatchedLatch& latch, const CloseReason* closed) {
  const TimePoint latest = ends_at_latest().value_or(kNever);
  Clock::duration look = kFirstLook;
  for (;;) {
    const bool moves = ending_.patience().lasts(options_.close_timeout);
    const Delivery delivery = ending_.patience().seen();
    if (delivery.is_complete() && ending_.end_if_delivered()) return false;
    if (!delivery.is_complete()) socket_.flush();  // an end that the kernel would not take before
    if (delivery.broken) return give_up("the peer has reset the connection");
    const TimePoint now = Clock::now();
    if (now >= latest) return give_up("the ending limit passed");
    if (!moves) {
      if (!delivery.is_complete()) return give_up("the close timeout passed");
      if (closed == nullptr) return give_up("the peer did not end its stream");
      ending_.end_now(*closed);
      return false;
    }
    const TimePoint next = delivery.is_complete() ? kNever : now + look;
    const TimePoint end = ending_.patience().end(options_.close_timeout);
    if (latch.wait_until(std::min({next, latest, end}))) return !ending_.over().fired();
    look = std::min<Clock::duration>(look * 2, kLookUpEvery);
  }
}

}  // namespace triloop
