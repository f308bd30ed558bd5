// A connection over a socket that the test controls: it says when bytes arrive and are taken.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/socket.h"
#include "server/served.h"
#include "support/threads.h"
#include "threads/spare_threads.h"
#include "triloop/connection.h"
#include "triloop/options.h"

namespace triloop::testing {

/// A Socket without a network. The test plays the peer; any of its threads may.
class FakeSocket final : public Socket {
 public:
  // -- What the test does
  void deliver(const std::string& bytes);
  void end_stream();
  void fail_receives(std::errc error);
  /// From now on the peer takes no more than `bytes` bytes; SIZE_MAX is without a limit.
  void take(std::size_t bytes);
  void fail_sends(std::errc error);
  /// From now on the peer acknowledges no more than `bytes` bytes in all; SIZE_MAX is all of them.
  void acknowledge(std::size_t bytes);
  /// The connection has been reset, and no call says so: it was too late for that.
  void break_off();
  /// The next shutdown() calls `body` first. While the test's thread alone may call it.
  void before_shutdown(std::function<void()> body) { before_shutdown_ = std::move(body); }
  std::string sent() const;
  /// What was delivered and has not been received.
  std::string unread() const;
  void await_sent(const std::string& part) const;
  std::size_t count_sent(const std::string& part) const;
  bool is_shut_down() const;
  bool is_send_shut_down() const;
  /// Have two threads been inside receive(), or two in try_send() and wait_writable(), at once?
  bool was_shared() const;

  // -- What the connection does
  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override;
  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override;
  bool wait_writable(TimePoint deadline) override;
  Delivery delivery() const override;
  void shutdown_send() noexcept override;
  void shutdown() noexcept override;
  std::string peer_address() const override { return "peer:1"; }

 private:
  class Presence;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::string incoming_ TRILOOP_GUARDED_BY(mutex_);
  std::string sent_ TRILOOP_GUARDED_BY(mutex_);
  std::size_t room_ TRILOOP_GUARDED_BY(mutex_) = SIZE_MAX;
  std::size_t acknowledged_ TRILOOP_GUARDED_BY(mutex_) = SIZE_MAX;
  bool broken_ TRILOOP_GUARDED_BY(mutex_) = false;
  std::errc receive_error_ TRILOOP_GUARDED_BY(mutex_){};
  std::errc send_error_ TRILOOP_GUARDED_BY(mutex_){};
  bool ended_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool send_shut_down_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool shut_down_ TRILOOP_GUARDED_BY(mutex_) = false;
  std::function<void()> before_shutdown_;
  std::atomic<int> receivers_{0};
  std::atomic<int> senders_{0};
  std::atomic<bool> shared_{false};
};

/// Options with deadlines so long that a test which ends in time has not needed them.
Options patient_options();

/// A connection, open from the start, and with compression if the options have it. Its number is 1:
/// its threads are `proc-1` and `write-1`, and the reader is `worker`.
class FakeConnection {
 public:
  explicit FakeConnection(Processor processor, Options options = patient_options(),
                          std::string early_bytes = {});
  ~FakeConnection();

  FakeSocket& socket() { return *socket_; }
  Served& served() { return served_; }
  Connection& operator*() { return *connection_; }
  Connection* operator->() { return connection_.get(); }
  Worker& reader() { return reader_; }

  /// Waits until all three threads are done.
  void await_end() { reader_.await_done(); }
  CloseReason reason() const { return *connection_->over().reason(); }

 private:
  std::shared_ptr<Connection> open(std::string early_bytes);

  const Options options_;
  const Processor processor_;
  SpareThreads threads_;
  FakeSocket* const socket_;
  Served served_;
  const std::shared_ptr<Connection> connection_;
  Worker reader_;
};

}  // namespace triloop::testing
