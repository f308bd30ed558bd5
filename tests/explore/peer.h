// The peer of a connection, and what it says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "net/socket.h"
#include "scheduler.h"
#include "triloop/connection.h"
#include "triloop/options.h"

namespace explore {

constexpr const char* kRequest =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// Masked with zeros, which changes nothing.
inline std::string client_frame(int opcode, const std::string& payload) {
  const std::string head{static_cast<char>(0x80 | opcode),
                         static_cast<char>(0x80 | payload.size())};
  return head + std::string(4, '\0') + payload;
}
inline std::string server_frame(int opcode, const std::string& payload) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())} + payload;
}
// Of 4 KiB and more: their memory travels around (websocket/spare_buffers.h).
inline std::string large_payload(char filled_with) { return std::string(4 * 1024, filled_with); }
inline std::string large_client_frame(char filled_with) {
  return std::string("\x82\xfe\x10\x00\0\0\0\0", 8) + large_payload(filled_with);
}
inline std::string large_server_frame(char filled_with) {
  return std::string("\x82\x7e\x10\x00", 4) + large_payload(filled_with);
}
inline std::string code(int number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
}

inline const std::string kClose = client_frame(8, code(1000));

// What a peer has got of a connection. It outlives it.
struct Received {
  std::string bytes;
  bool reset = false;    // the server closed its socket with something unread in it
  bool refused = false;  // by the peer: what the server sends fails
  std::size_t acknowledged = 0;
  triloop::TimePoint spoke_at{}, moved_at{};  // when it last said, acknowledged or took something
  bool closed = false;                        // the server has no socket any more
  bool has(const std::string& part) const { return bytes.find(part) != std::string::npos; }
};

// A peer that has said all it has to say before the schedule begins. It answers a Close, and ends
// its stream when the server has ended its own.
class Peer final : public triloop::Socket {
 public:
  Peer(std::string says, Received& received)
      : incoming_(std::move(says)),
        received_(received),
        closes_(incoming_.find('\x88') != std::string::npos),
        shakes_hands_(incoming_.compare(0, 3, "GET") == 0) {
    stands_for_the_kernel(*this);
  }
  // The server closes its socket.
  ~Peer() override {
    received_.closed = true;
    if (when_closed_) when_closed_();
  }

  void when_closed(std::function<void()> tell) { when_closed_ = std::move(tell); }
  // What it says comes in pieces of so many bytes.
  void in_pieces(std::size_t bytes) {
    const triloop::MutexLock lock(mutex_);
    piece_ = bytes;
  }
  void take(std::size_t bytes) {
    const triloop::MutexLock lock(mutex_);
    room_ = bytes;
    changed_.notify_all();
  }
  // One word more, unless it has ended its stream.
  void say(const std::string& more) {
    const triloop::MutexLock lock(mutex_);
    say_now(more);
  }
  // Answers no Close, and never ends its stream.
  void stay() {
    const triloop::MutexLock lock(mutex_);
    stays_ = true;
  }
  // From now on sends fail; it has not ended its own stream.
  void refuse() {
    const triloop::MutexLock lock(mutex_);
    received_.refused = true;
    changed_.notify_all();
  }
  // Resets the connection: what has come can still be received, then there is an error. Sends fail.
  void break_off() {
    const triloop::MutexLock lock(mutex_);
    broken_off_ = received_.refused = true;
    changed_.notify_all();
  }
  // Until the server has taken all that this peer says, and asks for more; or has ended it all.
  void await_all_heard() {
    const triloop::MutexLock lock(mutex_);
    while (!all_heard_ && !shut_down_) changed_.wait(mutex_);
  }
  // From now on it acknowledges so many bytes, all in all, of what it has taken.
  void acknowledge(std::size_t bytes) {
    const triloop::MutexLock lock(mutex_);
    acknowledges_ = bytes;
    note_acknowledged();
  }
  // The pongs that it will send.
  void answer_pings(int count) {
    const triloop::MutexLock lock(mutex_);
    pongs_ = count;
  }
  void end_stream() {
    const triloop::MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  std::size_t receive(char* buffer, std::size_t size, triloop::TimePoint deadline,
                      std::error_code& error) override {
    const Alone alone(receivers_, "two threads receive");
    const triloop::MutexLock lock(mutex_);
    error.clear();
    if (incoming_.empty() && !all_heard_) {
      all_heard_ = true;
      changed_.notify_all();
    }
    while (incoming_.empty() && !ended_ && !broken_off_ && !shut_down_) {
      if (!changed_.wait_until(mutex_, deadline)) {
        error = std::make_error_code(std::errc::operation_would_block);
        return 0;
      }
    }
    if (shut_down_) return 0;
    if (incoming_.empty() && broken_off_) error = std::make_error_code(std::errc::connection_reset);
    const std::size_t taken = incoming_.copy(buffer, std::min(size, piece_));
    incoming_.erase(0, taken);
    return taken;
  }
  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    const Alone alone(senders_, "two threads send");
    const triloop::MutexLock lock(mutex_);
    error.clear();
    if (shut_down_ || send_shut_down_ || received_.refused) {
      error = std::make_error_code(std::errc::broken_pipe);
      return 0;
    }
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    }
    const std::size_t taken = std::min(bytes.size(), room_);
    received_.bytes.append(bytes, 0, taken);
    if (room_ != SIZE_MAX) room_ -= taken;
    if (taken > 0) received_.moved_at = glance_at_the_clock();
    note_acknowledged();
    answer();
    return taken;
  }
  bool wait_writable(triloop::TimePoint deadline) override {
    const Alone alone(senders_, "two threads send");
    const triloop::MutexLock lock(mutex_);
    while (room_ == 0 && !shut_down_ && !received_.refused) {
      if (!changed_.wait_until(mutex_, deadline)) return false;
    }
    return true;
  }
  triloop::Delivery delivery() const override {
    const triloop::MutexLock lock(mutex_);
    const std::size_t sent = received_.bytes.size();
    return {sent, received_.acknowledged, broken_off_ && received_.acknowledged < sent};
  }
  void shutdown_send() noexcept override {
    const triloop::MutexLock lock(mutex_);
    send_shut_down_ = true;
    if (!stays_) ended_ = true;
    changed_.notify_all();
  }
  void shutdown() noexcept override {
    const triloop::MutexLock lock(mutex_);
    if (!shut_down_) received_.reset = !incoming_.empty();
    shut_down_ = true;
    changed_.notify_all();
  }
  std::string peer_address() const override { return "peer"; }

 private:
  // One thread at a time is inside.
  struct Inside {
    int count = 0;
    History history = 0;
  };
  struct Alone {
    Alone(Inside& inside, const char* what) : inside_(inside) {
      touch(inside_.history);
      require(++inside_.count == 1, what);
    }
    ~Alone() {
      touch(inside_.history);
      --inside_.count;
    }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;
    Inside& inside_;
  };
  void note_acknowledged() {
    if (shut_down_) return;  // what the kernel still holds may be lost
    const std::size_t now = std::min(received_.bytes.size(), acknowledges_);
    if (now > received_.acknowledged) received_.moved_at = glance_at_the_clock();
    received_.acknowledged = now;
  }
  // Pings, for as long as it does; a Close once, unless it has said one itself or never does.
  void answer() {
    if (shakes_hands_ && next_frame_ == 0) next_frame_ = received_.bytes.find("\r\n\r\n") + 4;
    while (next_frame_ + 2 <= received_.bytes.size()) {
      std::size_t size = static_cast<unsigned char>(received_.bytes[next_frame_ + 1]);
      if (size == 126) size = 2 + large_payload('x').size();
      if (next_frame_ + 2 + size > received_.bytes.size()) return;
      const std::string payload = received_.bytes.substr(next_frame_ + 2, size);
      if (received_.bytes[next_frame_] == '\x88' && !closes_ && !stays_) {
        closes_ = true;
        say_now(client_frame(8, payload));
      } else if (received_.bytes[next_frame_] == '\x89' && pongs_ > 0) {
        --pongs_;
        say_now(client_frame(10, payload));
      }
      next_frame_ += 2 + size;
    }
  }

  void say_now(const std::string& more) {
    if (ended_) return;
    incoming_ += more;
    received_.spoke_at = glance_at_the_clock();
    changed_.notify_all();
  }

  mutable triloop::Mutex mutex_;
  triloop::CondVar changed_;
  std::string incoming_;
  Received& received_;
  std::function<void()> when_closed_;
  std::size_t room_ = SIZE_MAX;
  std::size_t acknowledges_ = SIZE_MAX;  // no more than so many bytes
  int pongs_ = 0;                        // still to be sent
  std::size_t next_frame_ = 0;           // of what it has received
  bool closes_;                          // it has said Close, or will
  std::size_t piece_ = SIZE_MAX;         // comes at once
  const bool shakes_hands_;              // what it gets begins with an answer
  bool ended_ = false;
  bool stays_ = false;
  bool broken_off_ = false;
  bool send_shut_down_ = false;
  bool shut_down_ = false;
  bool all_heard_ = false;
  Inside receivers_;
  Inside senders_;
};

inline void echo(triloop::Connection& connection) {
  while (auto message = connection.read()) connection.write(std::move(*message));
}

inline triloop::Options quiet() {
  triloop::Options options;
  options.heartbeat = options.ping_interval = std::chrono::milliseconds(0);
  return options;
}

inline triloop::Options narrow() {
  triloop::Options options = quiet();
  options.queue_messages = 1;
  return options;
}

}  // namespace explore
