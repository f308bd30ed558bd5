// A TCP server that the test plays itself.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace triloop::testing {

inline void demand(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

// One TCP connection of the upstream server's side.
class Stream {
 public:
  explicit Stream(int descriptor) : descriptor_(descriptor) {
    const timeval fail_safe{30, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &fail_safe, sizeof fail_safe);
  }
  Stream(Stream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Stream() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void send(const std::string& bytes) {
    demand(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size()),
           "send");
  }
  std::size_t try_send(const std::string& bytes) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  // As many bytes, or fewer at the end of the stream.
  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t received = ::recv(descriptor_, bytes.data(), size, MSG_WAITALL);
    demand(received >= 0, "recv");
    bytes.resize(static_cast<std::size_t>(received));
    return bytes;
  }
  void end() { ::shutdown(descriptor_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

// Listens on a free port of 127.0.0.1, with small buffers.
class Upstream {
 public:
  explicit Upstream(int backlog = 8)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4096;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    demand(::bind(descriptor_, any, size) == 0 && ::listen(descriptor_, backlog) == 0, "listen");
    ::getsockname(descriptor_, any, &size);
    port_ = ntohs(address.sin_port);
  }
  ~Upstream() { ::close(descriptor_); }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  Stream accept() { return Stream(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

}  // namespace triloop::testing
