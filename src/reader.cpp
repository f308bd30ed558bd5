// The reader thread: the only one to receive. Socket to in-queue.
#include <array>
#include <utility>

#include "socket.h"
#include "triloop/connection.h"
#include "ws_protocol.h"

namespace triloop {
namespace {

constexpr std::size_t kReadBufferBytes = 16 * 1024;

}  // namespace

// Blocks on the socket (freed by the peer, or by the latch, which shuts the socket down) and on a
// full in-queue (freed by the processor, or by any ending, which closes the queue).
//
// It reads to the end of the stream even when the peer has said its last word and the rest is
// discarded: closing a socket that holds unread bytes would make TCP reset the connection, and the
// reset may overtake the Close frame that the writer has just sent.
//
// What the Go design asks of its label `closed:` holds here too: a reader that was woken by the
// latch has nothing to close, and what it does below changes nothing.
void Connection::read_loop() {
  std::array<char, kReadBufferBytes> buffer;
  std::error_code error;
  Bytes bytes{early_bytes_.data(), early_bytes_.size()};
  do {
    if (!peer_closed_) take_in(bytes);
    ++receives_;
    bytes = {buffer.data(), socket_->receive(buffer.data(), buffer.size(), kNever, error)};
    ++receives_;
  } while (bytes.size > 0);

  // The peer has ended its direction. In a drain the other one goes on: replies are still sent.
  if (peer_closed_ || (!error && closing_.fired())) {
    one_direction_done();
  } else {
    end_now({ClosedBy::network, close_code::kAbnormal,
             error ? error.message() : "the stream ended without a Close frame"});
  }
}

// Decodes all of `bytes` and passes on what they contain.
void Connection::take_in(Bytes bytes) {
  Frame frame;
  for (;;) {
    switch (protocol_->decode(bytes, frame)) {
      case Decoded::kNeedMore:
        return;
      case Decoded::kFrame:
        pass_on(std::move(frame));
        break;
      case Decoded::kViolation:
        peer_says_last(protocol_->violation());
        break;
    }
    if (peer_closed_) return;
  }
}

void Connection::pass_on(Frame frame) {
  switch (frame.opcode) {
    case Opcode::text:
    case Opcode::binary:
      // Refused if an ending has begun on our side: what comes after that is not processed.
      in_queue_.push({frame.opcode == Opcode::text ? MessageType::text : MessageType::binary,
                      std::move(frame.payload)});
      break;
    case Opcode::ping:
      out_queue_.push_urgent({Opcode::pong, std::move(frame.payload)});
      break;
    case Opcode::pong:
      break;
    case Opcode::close:
      peer_says_last(parse_close(frame.payload));
      break;
  }
}

// The peer closes, or broke the protocol: every message before this is still processed.
void Connection::peer_says_last(const CloseStatus& status) {
  peer_closed_ = true;
  begin_close({ClosedBy::peer, status.code, status.reason});
}

}  // namespace triloop
