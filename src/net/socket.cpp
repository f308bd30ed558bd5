// The byte path is recv, sendmsg and poll, called directly: Asio's blocking calls know no deadline
// (SO_RCVTIMEO and SO_SNDTIMEO have no effect on them). See docs/decisions/0002-sockets.md.
#include "net/socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/deadline.h"

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
    for (;;) {
      // Where the deadline is no nearer than that, recv() itself blocks: one system call, not two.
      const bool by_itself = deadline == kNever || (recv_timeout_.count() > 0 &&
                                                    deadline - Clock::now() >= recv_timeout_);
      if (!by_itself && !wait_for(descriptor_.number(), POLLIN, deadline)) {
        error = std::make_error_code(std::errc::operation_would_block);
        return 0;
      }
      const ssize_t received =
          ::recv(descriptor_.number(), buffer, size, by_itself ? 0 : MSG_DONTWAIT);
      if (received >= 0) return static_cast<std::size_t>(received);
      if (errno == EINTR || errno == EAGAIN) continue;
      error.assign(errno, std::generic_category());
      return 0;
    }
  }

  // A little less than a whole wait, so that a deadline still lies no nearer when recv() begins.
  void expect_waits(std::chrono::milliseconds ahead) override {
    const std::chrono::microseconds timeout = ahead - ahead / 16;
    const timeval value{timeout.count() / 1'000'000, timeout.count() % 1'000'000};
    const bool set =
        ::setsockopt(descriptor_.number(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value) == 0;
    recv_timeout_ = set ? timeout : std::chrono::microseconds(0);
  }

  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    error.clear();
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);  // only read
    message.msg_iovlen = count;
    for (;;) {
      // MSG_NOSIGNAL: a peer that is gone is an error code and no SIGPIPE.
      const ssize_t sent = ::sendmsg(descriptor_.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) {
        sent_.fetch_add(static_cast<std::uint64_t>(sent), std::memory_order_release);
        return static_cast<std::size_t>(sent);
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
      return 0;
    }
  }

  bool wait_writable(TimePoint deadline) override {
    return wait_for(descriptor_.number(), POLLOUT, deadline);
  }

  // SIOCOUTQ, tcp(7): what is not acknowledged yet, the end of the stream included. It is asked for
  // last: bytes that are sent meanwhile count as not acknowledged.
  Delivery delivery() const override {
    const std::uint64_t bytes = sent_.load(std::memory_order_acquire);
    int outstanding = 0;
    if (::ioctl(descriptor_.number(), SIOCOUTQ, &outstanding) != 0) return {bytes, bytes};
    if (outstanding > 0 && send_ended_.load(std::memory_order_relaxed)) --outstanding;
    return {bytes, bytes - std::min(static_cast<std::uint64_t>(outstanding), bytes),
            outstanding > 0 && is_closed()};
  }

  void shutdown_send() noexcept override {
    ::shutdown(descriptor_.number(), SHUT_WR);
    send_ended_.store(true, std::memory_order_relaxed);
  }
  // Ends our direction, too, unless the connection was reset.
  void shutdown() noexcept override {
    if (::shutdown(descriptor_.number(), SHUT_RDWR) != 0) return;
    send_ended_.store(true, std::memory_order_relaxed);
  }
  std::string peer_address() const override { return peer_address_; }

 private:
  bool is_closed() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(descriptor_.number(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state == TCP_CLOSE;
  }

  const Descriptor descriptor_;
  const std::string peer_address_;
  std::chrono::microseconds recv_timeout_{0};  // reader only; 0: recv() does not end by itself
  // The writer's, for delivery(). Atomic because others ask, too: whoever sees that bytes were sent
  // must find them in the kernel. A count that is a moment old makes `acknowledged` lower.
  Atomic<std::uint64_t> sent_{0};
  Atomic<bool> send_ended_{false};
};

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::unique_ptr<Socket> make_socket(Descriptor descriptor, std::string peer_address) {
  return std::make_unique<KernelSocket>(std::move(descriptor), std::move(peer_address));
}

}  // namespace triloop
