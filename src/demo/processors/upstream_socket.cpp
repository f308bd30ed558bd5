#include "upstream_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace triloop {

UpstreamSocket::~UpstreamSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t UpstreamSocket::receive(char* buffer, std::size_t size, std::error_code& error) {
  error.clear();
  for (;;) {
    const ssize_t received = ::recv(descriptor_, buffer, size, 0);
    if (received >= 0) return static_cast<std::size_t>(received);
    if (errno == EINTR) continue;
    error.assign(errno, std::generic_category());
    return 0;
  }
}

std::size_t UpstreamSocket::try_send(std::string_view bytes, std::error_code& error) {
  error.clear();
  for (;;) {
    // MSG_NOSIGNAL: a server that is gone is an error code and no SIGPIPE.
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
    return 0;
  }
}

bool UpstreamSocket::wait_writable(std::chrono::milliseconds timeout) {
  pollfd request{descriptor_, POLLOUT, 0};
  const int ready = ::poll(&request, 1, static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  return ready > 0;
}

void UpstreamSocket::shutdown_send() noexcept { ::shutdown(descriptor_, SHUT_WR); }
void UpstreamSocket::shutdown() noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

}  // namespace triloop
