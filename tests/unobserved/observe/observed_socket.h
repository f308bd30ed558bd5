// A socket that nobody watches.
#pragma once

#include <string>

#include "net/socket.h"
#include "observe/observer.h"

namespace triloop {

class ObservedSocket final : public Socket {
 public:
  ObservedSocket(Socket& socket, Observer& /*observer*/) : socket_(socket) {}

  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override {
    return socket_.receive(buffer, size, deadline, error);
  }
  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    return socket_.try_send(parts, count, error);
  }
  bool wait_writable(TimePoint deadline) override { return socket_.wait_writable(deadline); }
  void expect_waits(std::chrono::milliseconds ahead) override { socket_.expect_waits(ahead); }
  Delivery delivery() const override { return socket_.delivery(); }
  void shutdown_send() noexcept override { socket_.shutdown_send(); }
  void flush() noexcept override { socket_.flush(); }
  void shutdown() noexcept override { socket_.shutdown(); }
  std::string peer_address() const override { return socket_.peer_address(); }

 private:
  Socket& socket_;
};

}  // namespace triloop
