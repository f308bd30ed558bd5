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

// As --write-timeout towards a peer: also a living server that takes nothing for so long is lost.
constexpr int kDeadAfterMs = 30'000;
constexpr int kFirstProbeSeconds = 10, kNextProbeSeconds = 5, kProbes = 4;  // 30 s, too

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

// A host that is gone is found by the kernel, tcp(7): by what it does not acknowledge, or, when
// nothing is said, by probes. Without numbers the first one would be sent after two hours.
void set_options(int descriptor) {
  const auto set = [descriptor](int level, int name, int value) {
    ::setsockopt(descriptor, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kFirstProbeSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kNextProbeSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kDeadAfterMs);
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
