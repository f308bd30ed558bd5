/// A socket as two of a connection's threads use it, and how long they are in there.
#pragma once

#include <string>

#include "net/socket.h"
#include "observe/observer.h"
#include "observe/trace.h"

namespace triloop {

/// Does what `socket` does once that is open, and keeps the time for the reader's and the writer's
/// meters and for the trace. What comes before, and nudge_with(), is asked of `socket` itself.
/// Thread safety: as that one. Both must outlive it.
class ObservedSocket final : public Socket {
 public:
  ObservedSocket(Socket& socket, Observer& observer) : socket_(socket), meters_(observer.meters) {}

  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override {
    const trace::Slice receiving("receiving");
    const Stopwatch::Running running(meters_.reader.socket);
    return socket_.receive(buffer, size, deadline, error);
  }

  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    const trace::Slice sending("sending");
    const Stopwatch::Running running(meters_.writer.socket);
    return socket_.try_send(parts, count, error);
  }

  bool wait_writable(TimePoint deadline) override {
    const trace::Slice waiting("waiting for the peer");
    const Stopwatch::Running running(meters_.writer.socket);
    return socket_.wait_writable(deadline);
  }

  void expect_waits(std::chrono::milliseconds ahead) override { socket_.expect_waits(ahead); }
  Delivery delivery() const override { return socket_.delivery(); }
  void shutdown_send() noexcept override { socket_.shutdown_send(); }
  void flush() noexcept override { socket_.flush(); }
  void shutdown() noexcept override { socket_.shutdown(); }
  std::string peer_address() const override { return socket_.peer_address(); }

 private:
  Socket& socket_;
  Meters& meters_;
};

}  // namespace triloop
