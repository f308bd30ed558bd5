// The byte path is recv, sendmsg and poll, called directly: Asio's blocking calls know no deadline
// (SO_RCVTIMEO and SO_SNDTIMEO have no effect on them). See docs/decisions/0002-sockets.md.
#include "socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "poll_timeout.h"

namespace triloop {
namespace {

bool wait_for(int descriptor, short events, TimePoint deadline) {
  for (;;) {
    pollfd request{descriptor, events, 0};
    const int ready = ::poll(&request, 1, poll_timeout(deadline));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
  }
}

class KernelSocket final : public Socket {
 public:
  KernelSocket(Descriptor descriptor, std::string peer_address)
      : descriptor_(std::move(descriptor)), peer_address_(std::move(peer_address)) {}

  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override {
    error.clear();
    // Without a deadline the recv itself blocks: one system call instead of two.
    const bool timed = deadline != kNever;
    for (;;) {
      if (timed && !wait_for(descriptor_.number(), POLLIN, deadline)) {
        error = std::make_error_code(std::errc::timed_out);
        return 0;
      }
      const ssize_t received = ::recv(descriptor_.number(), buffer, size, timed ? MSG_DONTWAIT : 0);
      if (received >= 0) return static_cast<std::size_t>(received);
      if (errno == EINTR || (timed && errno == EAGAIN)) continue;
      error.assign(errno, std::generic_category());
      return 0;
    }
  }

  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    error.clear();
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);  // only read
    message.msg_iovlen = count;
    for (;;) {
      // MSG_NOSIGNAL: a peer that is gone is an error code and no SIGPIPE.
      const ssize_t sent = ::sendmsg(descriptor_.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<std::size_t>(sent);
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
      return 0;
    }
  }

  bool wait_writable(TimePoint deadline) override {
    return wait_for(descriptor_.number(), POLLOUT, deadline);
  }

  void shutdown_send() noexcept override { ::shutdown(descriptor_.number(), SHUT_WR); }
  void shutdown() noexcept override { ::shutdown(descriptor_.number(), SHUT_RDWR); }
  std::string peer_address() const override { return peer_address_; }

 private:
  const Descriptor descriptor_;
  const std::string peer_address_;
};

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::unique_ptr<Socket> make_socket(Descriptor descriptor, std::string peer_address) {
  return std::make_unique<KernelSocket>(std::move(descriptor), std::move(peer_address));
}

}  // namespace triloop
