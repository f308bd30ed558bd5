#include "pattern/reader.h"

#include <utility>

#include "net/read_buffer.h"

namespace triloop {
namespace {

// What the reader holds in its hand before it passes it on, beyond the in-queue's bounds. Bytes,
// too: what one receive brings may expand a thousandfold (permessage-deflate).
constexpr QueueBounds kBatch{64, ReadBuffer::kMostBytes};

}  // namespace

// It reads to the end of the stream even when the peer has closed and the rest is discarded:
// closing a socket that holds unread bytes would make TCP reset the connection, and the reset may
// overtake what the writer has just sent.
void Reader::loop(std::string early_bytes) {
  if (options_.ping_interval.count() > 0) socket_.expect_waits(options_.pong_timeout);
  take_in({early_bytes.data(), early_bytes.size()});
  std::string().swap(early_bytes);  // its memory is not needed for as long as the loop runs
  ReadBuffer buffer;
  std::error_code error;
  for (;;) {
    const Bytes rest = discards_ ? Bytes{} : protocol_.room();  // of a message that has begun
    const bool in_place = rest.size > buffer.size();
    const Bytes into = in_place ? rest : Bytes{buffer.data(), buffer.size()};
    const std::size_t size = receive(into, error);
    if (size > 0) {
      take_in({into.data, size});
      if (!in_place) buffer.fit(size);
    } else if (error != std::errc::operation_would_block) {
      return stream_ended(error);
    } else if (give_up_if_dead()) {
      return;
    }
  }
}

std::size_t Reader::receive(Bytes into, std::error_code& error) {
  const bool ends = ending_.begun().fired();
  const TimePoint deadline = ends ? kNever : liveness_.listen_until();
  const std::size_t received = socket_.receive(into.data, into.size, deadline, error);
  if (received > 0) liveness_.heard();
  return received;
}

// Nothing has come until listen_until(). Once an ending has begun it is the writer that judges, by
// close_timeout: some peers answer no ping after their Close.
bool Reader::give_up_if_dead() {
  if (ending_.begun().fired()) return false;
  const Liveness::Verdict verdict = liveness_.judge();
  if (verdict == Liveness::Verdict::kAlive) return false;
  const bool silent = verdict == Liveness::Verdict::kSilent;
  ending_.end_now({ClosedBy::network, close_code::kAbnormal,
                   silent ? "the peer is silent" : "the peer stopped reading"});
  return true;
}

// Decodes all of `bytes` and passes on what they contain.
void Reader::take_in(Bytes bytes) {
  if (discards_) return look_for_close(bytes);
  Frame frame;
  for (;;) {
    switch (protocol_.decode(bytes, frame)) {
      case Decoded::kNeedMore:
        return pass_on_batch();
      case Decoded::kFrame:
        pass_on(std::move(frame));
        break;
      case Decoded::kViolation:
        peer_begins_drain(protocol_.violation());
        if (protocol_.violation_is_close()) return peer_closes();
        return look_for_close(bytes);
    }
    if (discards_) return;
  }
}

void Reader::pass_on(Frame frame) {
  switch (frame.opcode) {
    case Opcode::text:
    case Opcode::binary:
      batch_bytes_ += frame.payload.size();
      batch_.push_back(std::move(frame));
      if (batch_.size() == kBatch.items || batch_bytes_ >= kBatch.bytes) pass_on_batch();
      break;
    case Opcode::ping:
      out_queue_.push_urgent({Opcode::pong, std::move(frame.payload)});
      break;
    case Opcode::pong:
      pings_.pong(frame.payload);
      break;
    case Opcode::close:
      peer_begins_drain(parse_close(frame.payload));
      peer_closes();
      break;
  }
}

// Messages that came with one receive, in one go. Refused if an ending has begun on our side: what
// comes after that is not processed.
void Reader::pass_on_batch() {
  if (batch_.empty()) return;
  batch_bytes_ = 0;
  in_queue_.push_all(batch_);
}

// By its Close, or by a violation of the protocol: every message before it is still processed.
void Reader::peer_begins_drain(const CloseStatus& status) {
  pass_on_batch();
  discards_ = true;
  ending_.begin_drain({ClosedBy::peer, status.code, status.reason});
}

// What comes behind a Close or a violation is discarded. But behind a violation the peer's Close is
// still to come: its answer to ours, for which the end of our stream waits (writer.cpp).
void Reader::look_for_close(Bytes bytes) {
  if (ending_.peer_done().fired() || closed_) return;
  if (finder_.finds_in(bytes)) peer_closes();
}

// A client's peer has one word more, the end of its stream.
void Reader::peer_closes() {
  closed_ = true;
  if (protocol_.close_is_last_word()) ending_.peer_is_done(closed_);
}

// The peer has ended its direction. In a drain the other one goes on: replies are still sent. So it
// does after a reset, or another error of the stream, if the peer had closed: whether it takes what
// it is owed the writer finds. A reader that end_now() has woken comes here, too: it is over then.
void Reader::stream_ended(const std::error_code& error) {
  if (error ? ending_.peer_done().fired() || closed_ : ending_.begun().fired()) {
    ending_.peer_is_done(closed_);
    ending_.all_received();
  } else {
    ending_.end_now({ClosedBy::network, close_code::kAbnormal,
                     error ? error.message() : "the stream ended without a Close frame"});
  }
}

}  // namespace triloop
