#include "processors/upstream.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "poll_timeout.h"

namespace triloop {
namespace {

constexpr int kDeadAfterMs = 30'000;

// 0 if connected, else an errno. connect(2): its end shows as writable, its outcome as SO_ERROR.
int connect_one(int descriptor, const addrinfo& target, TimePoint deadline,
                const CloseLatch& over) {
  if (::connect(descriptor, target.ai_addr, target.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd request{descriptor, POLLOUT, 0};
  do {  // the latch first: else each of many addresses would take a glance
    if (over.fired()) return ECANCELED;
    if (Clock::now() >= deadline) return ETIMEDOUT;
  } while (::poll(&request, 1, poll_timeout(std::min(deadline, Clock::now() + kGlance))) <= 0);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// A host that is gone is found by the kernel, tcp(7).
void set_options(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &kDeadAfterMs, sizeof kDeadAfterMs);
  ::fcntl(descriptor, F_SETFL, 0);  // it blocks from now on, as Socket has it
}

}  // namespace

std::unique_ptr<Socket> connect_to(const UpstreamAddress& address, TimePoint deadline,
                                   const CloseLatch& over, std::error_code& error) {
  error = std::make_error_code(std::errc::host_unreachable);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0)
    return nullptr;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> targets(found, ::freeaddrinfo);
  for (const addrinfo* target = found; target != nullptr; target = target->ai_next) {
    constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    Descriptor descriptor(::socket(target->ai_family, kType, 0));
    const int problem =
        descriptor.number() < 0 ? errno : connect_one(descriptor.number(), *target, deadline, over);
    error.assign(problem, std::generic_category());
    if (error) continue;
    set_options(descriptor.number());
    return make_socket(std::move(descriptor), address.host + ":" + address.port);
  }
  return nullptr;
}

}  // namespace triloop
