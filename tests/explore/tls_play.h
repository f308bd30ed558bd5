// A TLS session with the two threads of a connection, and its peer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "link.h"
#include "net/tls_socket.h"
#include "scheduler.h"

namespace explore {

inline std::shared_ptr<const triloop::TlsContext> tls_context() {
  static const auto context = std::make_shared<const triloop::TlsContext>();
  return context;
}

// False if the stream has gone.
inline bool send_all(triloop::Socket& socket, std::string bytes) {
  while (!bytes.empty()) {
    const iovec part{bytes.data(), bytes.size()};
    std::error_code error;
    bytes.erase(0, socket.try_send(&part, 1, error));
    if (error) return false;
    if (!bytes.empty()) socket.wait_writable(triloop::kNever);
  }
  return true;
}

// The other end, with one thread, which does one thing after the other and knows no nudge: what has
// to be said it says before it goes on.
class TlsPeer {
 public:
  explicit TlsPeer(Link& link) : socket_(link.end(Link::kClient)), records_(*tls_context()) {}

  // Its word of the handshake, which waits in the pipe.
  void begin() {
    records_.shake_hands(error_);
    send();
  }
  void shake_hands() {
    while (records_.shake_hands(error_) != Result::kDone) require(receive(), "no handshake");
  }

  void say(const std::string& plain) {
    for (std::size_t at = 0; at < plain.size(); at += kMost) {
      records_.encrypt(std::string_view(plain).substr(at, kMost), error_);
      send();
    }
  }
  void update_keys() {
    records_.update_keys();
    send();
  }
  void await_answers(int count) {
    const bool got = read_until([&] { return records_.answers() >= count; });
    require(got || time_came_early(), "an update is not answered");
  }
  void await(const std::string& all) {
    require(read_until([&] { return heard_.size() >= all.size(); }), "the stream ends too soon");
    require(heard_ == all, "another text");
  }
  // Until the other end has said that it ends.
  void await_end() {
    read_until([] { return false; });
  }
  const std::string& heard() const { return heard_; }

  void end() {
    records_.end();
    send();
    socket_->shutdown_send();
  }

 private:
  using Result = triloop::TlsRecords::Result;
  static constexpr std::size_t kMost = triloop::TlsRecords::kRecordBytes;

  void send() {
    std::string bytes;
    records_.take_outgoing(bytes);
    send_all(*socket_, bytes);
  }

  bool receive() {
    buffer_.resize(64);
    buffer_.resize(socket_->receive(buffer_.data(), buffer_.size(), triloop::kNever, error_));
    records_.feed(buffer_);
    return !buffer_.empty();
  }

  // False at close_notify before that; and where the other end has been cut off by a deadline.
  template <typename Done>
  bool read_until(Done done) {
    for (;;) {
      const Result result = decrypt();
      if (done()) return true;
      if (result == Result::kEnd) return false;
      if (receive()) continue;
      require(time_came_early(), "FIN comes before close_notify");
      return false;
    }
  }
  // All that is here.
  Result decrypt() {
    for (;;) {
      char plain[kMost];
      std::size_t size = 0;
      const Result result = records_.decrypt(plain, sizeof plain, size, error_);
      if (result != Result::kDone) return result;
      heard_.append(plain, size);
    }
  }

  const std::unique_ptr<triloop::Socket> socket_;
  triloop::TlsRecords records_;
  std::string buffer_;
  std::string heard_;
  std::error_code error_;
};

// This end: the socket that ships, between a reader and a writer that stand as those of a
// connection do. The writer says its text, a dot whenever it is nudged, and goodbye when the reader
// is done.
class TlsEnd {
 public:
  TlsEnd(Link& link, std::string says)
      : socket_(link.end(Link::kServer), tls_context()), says_(std::move(says)) {
    name(socket_, "session");
    name(mutex_, "writer's mutex");
    name(changed_, "writer's condition");
  }

  triloop::TlsSocket& socket() { return socket_; }

  void open() {
    std::error_code error;
    socket_.open(triloop::kNever, error);
    require(!error, "no handshake");
    socket_.nudge_with([this] { tell(nudged_); });
  }

  void begin() {
    reader_ = triloop::Thread("reader", [this] {
      read_loop();
      tell(closed_);
    });
    writer_ = triloop::Thread("writer", [this] { write_loop(); });
  }

  // What the reader has got, until the end or an error.
  std::string join(std::error_code& error) {
    reader_.join();
    writer_.join();
    error = error_;
    return heard_;
  }

 private:
  void tell(bool& what) {
    const triloop::MutexLock lock(mutex_);
    what = true;
    changed_.notify_one();
  }

  void read_loop() {
    char buffer[8];
    for (;;) {
      const std::size_t size = socket_.receive(buffer, sizeof buffer, triloop::kNever, error_);
      if (size == 0) return;
      heard_.append(buffer, size);
    }
  }

  void write_loop() {
    std::string text = says_;
    do {
      if (!send_all(socket_, std::move(text))) return;
      text = ".";
    } while (await_nudge());
    socket_.shutdown_send();
    while (!socket_.delivery().is_complete()) {
      socket_.wait_writable(triloop::kNever);
      socket_.flush();
    }
  }
  // False if the reader is done.
  bool await_nudge() {
    const triloop::MutexLock lock(mutex_);
    while (!nudged_ && !closed_) changed_.wait(mutex_);
    return std::exchange(nudged_, false);
  }

  triloop::TlsSocket socket_;
  const std::string says_;

  triloop::Mutex mutex_;
  triloop::CondVar changed_;
  bool nudged_ = false;
  bool closed_ = false;

  std::string heard_;
  std::error_code error_;
  triloop::Thread reader_, writer_;
};

}  // namespace explore
