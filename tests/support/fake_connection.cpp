#include "fake_connection.h"

#include <algorithm>

#include "websocket/upgrade.h"

namespace triloop::testing {

// Marks a thread as being inside an operation that belongs to one thread only.
class FakeSocket::Presence {
 public:
  Presence(std::atomic<int>& count, std::atomic<bool>& shared) : count_(count) {
    if (++count_ > 1) shared = true;
  }
  ~Presence() { --count_; }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  std::atomic<int>& count_;
};

void FakeSocket::deliver(const std::string& bytes) {
  const MutexLock lock(mutex_);
  incoming_ += bytes;
  changed_.notify_all();
}

void FakeSocket::end_stream() {
  const MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void FakeSocket::fail_receives(std::errc error) {
  const MutexLock lock(mutex_);
  receive_error_ = error;
  changed_.notify_all();
}

void FakeSocket::take(std::size_t bytes) {
  const MutexLock lock(mutex_);
  room_ = bytes;
  changed_.notify_all();
}

void FakeSocket::fail_sends(std::errc error) {
  const MutexLock lock(mutex_);
  send_error_ = error;
  changed_.notify_all();
}

void FakeSocket::acknowledge(std::size_t bytes) {
  const MutexLock lock(mutex_);
  acknowledged_ = bytes;
}

void FakeSocket::break_off() {
  const MutexLock lock(mutex_);
  broken_ = true;
}

Delivery FakeSocket::delivery() const {
  const MutexLock lock(mutex_);
  return {sent_.size(), std::min(sent_.size(), acknowledged_), broken_};
}

std::string FakeSocket::sent() const {
  const MutexLock lock(mutex_);
  return sent_;
}

std::string FakeSocket::unread() const {
  const MutexLock lock(mutex_);
  return incoming_;
}

void FakeSocket::await_sent(const std::string& part) const {
  await("the bytes to be sent", [&] { return sent().find(part) != std::string::npos; });
}

std::size_t FakeSocket::count_sent(const std::string& part) const {
  const std::string all = sent();
  std::size_t count = 0;
  for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

bool FakeSocket::is_shut_down() const {
  const MutexLock lock(mutex_);
  return shut_down_;
}

bool FakeSocket::is_send_shut_down() const {
  const MutexLock lock(mutex_);
  return send_shut_down_;
}

bool FakeSocket::was_shared() const { return shared_; }

std::size_t FakeSocket::receive(char* buffer, std::size_t size, TimePoint deadline,
                                std::error_code& error) {
  const Presence presence(receivers_, shared_);
  const MutexLock lock(mutex_);
  error.clear();
  while (incoming_.empty() && !ended_ && !shut_down_ && receive_error_ == std::errc()) {
    if (!changed_.wait_until(mutex_, deadline)) {
      error = std::make_error_code(std::errc::operation_would_block);
      return 0;
    }
  }
  if (receive_error_ != std::errc()) {
    error = std::make_error_code(receive_error_);
    return 0;
  }
  if (shut_down_) return 0;
  const std::size_t taken = incoming_.copy(buffer, size);
  incoming_.erase(0, taken);
  return taken;
}

std::size_t FakeSocket::try_send(const iovec* parts, std::size_t count, std::error_code& error) {
  const Presence presence(senders_, shared_);
  const MutexLock lock(mutex_);
  error.clear();
  if (shut_down_ || send_shut_down_) send_error_ = std::errc::broken_pipe;
  if (send_error_ != std::errc()) {
    error = std::make_error_code(send_error_);
    return 0;
  }
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  const std::size_t taken = std::min(bytes.size(), room_);
  sent_.append(bytes, 0, taken);
  if (room_ != SIZE_MAX) room_ -= taken;
  return taken;
}

bool FakeSocket::wait_writable(TimePoint deadline) {
  const Presence presence(senders_, shared_);
  const MutexLock lock(mutex_);
  while (room_ == 0 && !shut_down_ && send_error_ == std::errc()) {
    if (!changed_.wait_until(mutex_, deadline)) return false;
  }
  return true;
}

void FakeSocket::shutdown_send() noexcept {
  const MutexLock lock(mutex_);
  send_shut_down_ = true;
}

void FakeSocket::shutdown() noexcept {
  if (before_shutdown_) std::exchange(before_shutdown_, nullptr)();
  const MutexLock lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

Options patient_options() {
  Options options;
  options.heartbeat = std::chrono::milliseconds(0);
  options.ping_interval = std::chrono::milliseconds(0);
  options.handshake_timeout = kFailSafe;
  options.write_timeout = kFailSafe;
  options.close_timeout = kFailSafe;
  options.drain_timeout = kFailSafe;
  return options;
}

FakeConnection::FakeConnection(Processor processor, Options options, std::string early_bytes)
    : options_(std::move(options)),
      processor_(std::move(processor)),
      threads_(0, options_.stack_bytes),
      socket_(new FakeSocket),
      served_(1, std::unique_ptr<Socket>(socket_)),
      connection_(open(std::move(early_bytes))),
      reader_([this] { served_.run(); }) {}

FakeConnection::~FakeConnection() {
  served_.stop_now();
  reader_.await_done();
}

std::shared_ptr<Connection> FakeConnection::open(std::string early_bytes) {
  auto upgrade = std::make_unique<Upgrade>();
  upgrade->request.path = "/ws";
  upgrade->request.peer_address = socket_->peer_address();
  if (options_.compress) upgrade->deflate = DeflateParameters{};
  upgrade->early_bytes = std::move(early_bytes);
  upgrade->write_timeout = options_.write_timeout;
  upgrade->processor = &processor_;
  upgrade->options = &options_;
  served_.open(std::move(upgrade), threads_);
  return served_.connection();
}

}  // namespace triloop::testing
