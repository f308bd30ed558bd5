// The reader thread: the only one to receive. Socket to in-queue.
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "net/socket.h"
#include "observe/trace.h"
#include "pattern/liveness.h"
#include "pattern/pings.h"
#include "triloop/connection.h"
#include "websocket/protocol.h"

namespace triloop {
namespace {

// A connection that has little to say needs little memory; one that has much needs few receives.
constexpr std::size_t kLeastBufferBytes = 2 * 1024;
constexpr std::size_t kMostBufferBytes = 128 * 1024;

// What the reader holds in its hand before it passes it on, beyond the in-queue's bounds. Bytes,
// too: what one receive brings may expand a thousandfold (permessage-deflate).
constexpr QueueBounds kBatch{64, kMostBufferBytes};

// RFC 6455 section 5.2: two bytes, the mask, and no more than 125 bytes.
constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kMaxCloseBytes = 2 + kMaskBytes + 125;

// Does it end in a masked Close frame?
bool ends_in_close(std::string_view bytes) {
  for (std::size_t at = 0; at + 2 + kMaskBytes <= bytes.size(); ++at) {
    const std::size_t payload = bytes.size() - at - 2 - kMaskBytes;
    if (bytes[at] == '\x88' && static_cast<unsigned char>(bytes[at + 1]) == (0x80 | payload))
      return true;
  }
  return false;
}

// What a receive fills: twice as large after one that has filled it, half after one that has left
// most of it empty.
class ReadBuffer {
 public:
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }

  // `received` bytes came last, and are no longer needed.
  void fit(std::size_t received) {
    if (received == size_ && size_ < kMostBufferBytes) {
      resize(size_ * 2);
    } else if (received < size_ / 8 && size_ > kLeastBufferBytes) {
      resize(size_ / 2);
    }
  }

 private:
  void resize(std::size_t size) {
    bytes_.reset();
    bytes_.reset(new char[size]);
    size_ = size;
  }

  std::size_t size_ = kLeastBufferBytes;
  std::unique_ptr<char[]> bytes_{new char[kLeastBufferBytes]};
};

}  // namespace

// Blocks on the socket (freed by the peer, by its own deadline, or by end_now(), which shuts the
// socket down) and on a full in-queue (freed by the processor, or by any ending, which closes the
// queue).
//
// It reads to the end of the stream even when the peer has said its last word and the rest is
// discarded: closing a socket that holds unread bytes would make TCP reset the connection, and the
// reset may overtake what the writer has just sent.
//
// A reader that end_now() has woken gets to the `if` below like any other. By then all is done, and
// neither branch has an effect (docs/from-go.md, the label `closed:`).
void Connection::read_loop() {
  const ThreadMeter::Presence here(reader_meter_, threads_ended_);
  if (path_options_->ping_interval.count() > 0) socket_->expect_waits(path_options_->pong_timeout);
  take_in_early_bytes();
  ReadBuffer buffer;
  std::error_code error;
  for (;;) {
    const std::size_t size = receive(buffer.data(), buffer.size(), error);
    if (size > 0) {
      take_in({buffer.data(), size});
      buffer.fit(size);
    } else if (error != std::errc::operation_would_block) {
      break;
    } else if (give_up_if_dead()) {
      return;
    }
  }

  // The peer has ended its direction. In a drain the other one goes on: replies are still sent. So
  // it does after a reset, if the peer had said its last word: whether it takes what it is owed is
  // for the writer to find.
  const bool drains = error ? peer_done_.fired() : closing_.fired();
  if (drains) {
    peer_done_.fire(*closing_.reason());
    direction_done(&Connection::received_all_);
  } else {
    end_now({ClosedBy::network, close_code::kAbnormal,
             error ? error.message() : "the stream ended without a Close frame"});
  }
}

std::size_t Connection::receive(char* buffer, std::size_t size, std::error_code& error) {
  const trace::Slice receiving("receiving");
  const TimePoint deadline = closing_.fired() ? kNever : liveness_->listen_until();
  reader_meter_.socket.start();
  const std::size_t received = socket_->receive(buffer, size, deadline, error);
  reader_meter_.socket.stop();
  if (received > 0) liveness_->heard();
  return received;
}

// Nothing has come for as long as the peer may take to answer a ping. Once an ending has begun it
// is that which judges: some peers answer no ping after their Close.
bool Connection::give_up_if_dead() {
  if (closing_.fired()) return false;
  switch (liveness_->judge()) {
    case Liveness::Verdict::kAlive:
      return false;
    case Liveness::Verdict::kSilent:
      end_now({ClosedBy::network, close_code::kAbnormal, "the peer is silent"});
      break;
    case Liveness::Verdict::kTakesNothing:
      end_now({ClosedBy::network, close_code::kAbnormal, "the peer stopped reading"});
      break;
  }
  return true;
}

// What came right behind the request.
void Connection::take_in_early_bytes() {
  std::string early = std::exchange(early_bytes_, {});
  take_in({early.data(), early.size()});
}

// Decodes all of `bytes` and passes on what they contain.
void Connection::take_in(Bytes bytes) {
  if (peer_closed_) return look_for_close(bytes);
  const trace::Slice decoding("decoding");
  Frame frame;
  for (;;) {
    switch (protocol_->decode(bytes, frame)) {
      case Decoded::kNeedMore:
        return pass_on_batch();
      case Decoded::kFrame:
        pass_on(std::move(frame));
        break;
      case Decoded::kViolation:
        peer_says_last(protocol_->violation());
        return look_for_close(bytes);
    }
    if (peer_closed_) return;
  }
}

void Connection::pass_on(Frame frame) {
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
      pings_->pong(frame.payload);
      break;
    case Opcode::close:
      peer_says_last(parse_close(frame.payload));
      peer_done_.fire(*closing_.reason());
      break;
  }
}

// Messages that came with one receive, in one go. Refused if an ending has begun on our side: what
// comes after that is not processed.
void Connection::pass_on_batch() {
  if (batch_.empty()) return;
  received_.messages.add(batch_.size());
  received_.bytes.add(batch_bytes_);
  batch_bytes_ = 0;
  const trace::Slice pushing("into the in-queue");
  if (trace::is_on()) {
    for (Frame& frame : batch_) frame.arrow = trace::depart("in-queue");
  }
  in_queue_.push_all(batch_);
  trace::fill("in-queue", id_, in_queue_);
}

// What comes behind the peer's last word is discarded. But behind a violation its Close has still
// to come: it answers ours, and waits for the end of our stream, which has to wait for it
// (writer.cpp). Nobody knows any more where a frame begins; a Close is the last of them.
void Connection::look_for_close(Bytes bytes) {
  if (peer_done_.fired()) return;
  last_bytes_.append(bytes.data, bytes.size);
  if (last_bytes_.size() > kMaxCloseBytes)
    last_bytes_.erase(0, last_bytes_.size() - kMaxCloseBytes);
  if (ends_in_close(last_bytes_)) peer_done_.fire(*closing_.reason());
}

// The peer closes, or broke the protocol: every message before this is still processed.
void Connection::peer_says_last(const CloseStatus& status) {
  pass_on_batch();
  peer_closed_ = true;
  begin_drain({ClosedBy::peer, status.code, status.reason});
}

}  // namespace triloop
