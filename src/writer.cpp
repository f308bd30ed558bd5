// The writer thread: the only one to send. Out-queue to socket, and the heartbeat between.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "gather.h"
#include "many_threads.h"
#include "socket.h"
#include "trace.h"
#include "triloop/connection.h"
#include "ws_protocol.h"

namespace triloop {
namespace {

constexpr const char* kHeartbeatText = "heartbeat from server";

// How late a heartbeat or a deadline may be: nothing to the peer, and a third less work for the
// kernel where thousands of connections beat.
constexpr std::chrono::milliseconds kTimerSlack{20};

// What the writer takes from the out-queue at a time, and so what a peer that does not read may
// cost beyond the queue's bounds.
constexpr QueueBounds kBatch{Gather::kMostFrames, 256 * 1024};

// While a send waits for the peer, nobody can tell the writer that an ending has begun: that would
// take a descriptor more for each connection. So it looks by itself, this often.
constexpr std::chrono::milliseconds kLookUpEvery{500};

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

// Whether the peer answers pings. Anything that it sends is an answer. The loads are relaxed: the
// number stands alone.
//
// Only a reader that listens can hear, and while it waits for room in the in-queue it does not. So
// silence is one single receive that began before the ping and has not returned at the deadline;
// if there is no such receive, the peer has been heard or the reader was not listening, and the
// next ping asks again.
class Silence {
 public:
  Silence(std::chrono::milliseconds timeout, const Atomic<std::uint64_t>& receives)
      : timeout_(timeout), receives_(receives) {}

  TimePoint deadline() const { return deadline_; }

  // A ping is about to be sent.
  void asks() {
    if (deadline_ != kNever) return;  // the last one is not judged yet
    heard_before_ = receives_.load(std::memory_order_relaxed);
    deadline_ = Clock::now() + timeout_;
  }

  // True if the deadline has passed and the peer has been silent.
  bool is_proven() {
    if (deadline_ == kNever || Clock::now() < deadline_) return false;
    deadline_ = kNever;
    const bool listening = heard_before_ % 2 == 1;
    return listening && receives_.load(std::memory_order_relaxed) == heard_before_;
  }

 private:
  const std::chrono::milliseconds timeout_;
  const Atomic<std::uint64_t>& receives_;
  std::uint64_t heard_before_ = 0;
  TimePoint deadline_ = kNever;
};

}  // namespace

// Blocks on an empty out-queue (freed by a frame, by the processor's end, by the first sign of an
// ending, which nudges it, by the latch, and by its own next deadline), on a peer that does not
// read (freed by the peer, the latch, `write_timeout`), and at the very end on the latch itself
// (freed by the reader, or by `close_timeout`).
void Connection::write_loop() {
  const ThreadMeter::Presence here(writer_meter_, threads_ended_);
  const trace::Track track(trace::Role::writer, id_);
  const RelaxedTimers relaxed(kTimerSlack);
  Beat heartbeat(path_options_->heartbeat);
  Beat ping(path_options_->ping_interval);
  Silence silence(path_options_->pong_timeout, receives_);
  std::vector<Frame> batch;
  for (;;) {
    batch.clear();  // lest large frames stay in memory while the next ones are waited for
    const TimePoint deadline =
        std::min({heartbeat.next(), ping.next(), silence.deadline(), give_up_});
    const PopResult popped = out_queue_.pop_batch(batch, kBatch, deadline);
    if (popped == PopResult::kClosed) break;
    trace::fill("out-queue", id_, out_queue_);
    if (popped == PopResult::kItems && !send(batch)) return;
    if (!keep_deadline()) return;
    if (heartbeat.is_due() && !send({Opcode::text, kHeartbeatText})) return;
    if (silence.is_proven()) {
      return end_now({ClosedBy::network, close_code::kAbnormal, "the peer is silent"});
    }
    if (ping.is_due()) {
      silence.asks();
      if (!send(next_ping())) return;
    }
  }
  say_goodbye();
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
  Gather& bytes = *outgoing_;
  bytes.load(frames);
  TimePoint stalled_since = kNever;
  while (!bytes.is_empty()) {
    std::error_code error;
    const std::size_t sent = socket_->try_send(bytes.parts(), bytes.count(), error);
    if (error) {
      end_now({ClosedBy::network, close_code::kAbnormal, error.message()});
      return false;
    }
    bytes.remove_prefix(sent);
    if (sent > 0) {
      stalled_since = kNever;
    } else if (!wait_for_peer(stalled_since)) {
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

// Waits until the peer takes more bytes, or for a short time. False if it has waited long enough.
bool Connection::wait_for_peer(TimePoint& stalled_since) {
  const TimePoint now = Clock::now();
  if (stalled_since == kNever) stalled_since = now;
  const TimePoint write_deadline = stalled_since + options_.write_timeout;
  if (now >= write_deadline) {
    end_now({ClosedBy::network, close_code::kAbnormal, "the peer stopped reading"});
    return false;
  }
  if (!keep_deadline()) return false;
  const trace::Slice waiting("waiting for the peer");
  socket_->wait_writable(std::min({write_deadline, give_up_, now + kLookUpEvery}));
  return !closed_.fired();
}

// Once an ending has begun it may take only so long: starts the clock when it sees that one has,
// and fires the latch, and says false, when the time is over.
bool Connection::keep_deadline() {
  if (!closing_.fired()) return true;
  const bool stopping = closing_.reason()->by == ClosedBy::server;
  const TimePoint now = Clock::now();
  if (give_up_ == kNever) {
    give_up_ = now + (stopping ? options_.drain_timeout : path_options_->close_timeout);
  }
  if (now < give_up_) return true;
  end_now({ClosedBy::network, close_code::kAbnormal,
           stopping ? "the drain timeout passed" : "the close timeout passed"});
  return false;
}

// All replies are sent: now the Close frame, and then only the peer's answer is missing. It is the
// server that ends the stream first (RFC 6455 section 7.1.1).
void Connection::say_goodbye() {
  const trace::Slice closing("goodbye");
  const CloseReason reason = *closing_.reason();    // for good: the out-queue is closed behind it
  if (closed_.fired() || !keep_deadline()) return;  // an abort's is not for the peer: see end_now()
  if (!send(close_frame({reason.code, reason.text}))) return;
  socket_->shutdown_send();
  one_direction_done();
  const Stopwatch::Running waiting(goodbye_);
  if (!closed_.wait_until(std::min(give_up_, Clock::now() + path_options_->close_timeout))) {
    end_now({ClosedBy::network, close_code::kAbnormal, "the peer did not end its stream"});
  }
}

}  // namespace triloop
