#include "upstream.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <memory>
#include <utility>

namespace triloop {
namespace {

// As --write-timeout towards a peer: also a living server that takes nothing for so long is lost.
constexpr int kDeadAfterMs = 30'000;
constexpr int kFirstProbeSeconds = 10, kNextProbeSeconds = 5, kProbes = 4;  // 30 s, too

// RFC 8305 section 5, the Connection Attempt Delay that it recommends.
constexpr std::chrono::milliseconds kHeadStart{250};

// Begins to connect. None, with the `error`, if that fails at once.
UpstreamSocket start_connecting(const HostAddress& address, std::error_code& error) {
  constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  UpstreamSocket attempt(::socket(address.bytes.ss_family, kType, 0));
  const auto* const to = reinterpret_cast<const sockaddr*>(&address.bytes);
  const bool begun =
      attempt && (::connect(attempt.descriptor(), to, address.size) == 0 || errno == EINPROGRESS);
  if (begun) return attempt;
  error.assign(errno, std::generic_category());
  return UpstreamSocket(-1);
}

// connect(2): its end shows as writable, its outcome as SO_ERROR.
std::error_code outcome_of(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return {error, std::generic_category()};
}

// For poll(2). Rounded up, lest the caller spin before it.
int milliseconds_until(TimePoint deadline) {
  const TimePoint now = Clock::now();
  return static_cast<int>(
      std::chrono::ceil<std::chrono::milliseconds>(std::max(deadline, now) - now).count());
}

// Connections that are being made.
class Attempts {
 public:
  bool are_none() const { return all_.empty(); }
  void add(UpstreamSocket attempt) { all_.push_back(std::move(attempt)); }

  // Blocks until one of them has come to its end, or until `deadline`. Gives out one that is
  // connected; one that has failed it drops, and then there is an `error`.
  UpstreamSocket wait(TimePoint deadline, std::error_code& error) {
    std::vector<pollfd> polled;
    for (const UpstreamSocket& one : all_) polled.push_back({one.descriptor(), POLLOUT, 0});
    ::poll(polled.data(), polled.size(), milliseconds_until(deadline));
    auto one = all_.begin();
    for (const pollfd& look : polled) {
      if (look.revents == 0) {
        ++one;
        continue;
      }
      UpstreamSocket ended = std::move(*one);
      all_.erase(one);
      error = outcome_of(ended.descriptor());
      return error ? UpstreamSocket(-1) : std::move(ended);
    }
    return UpstreamSocket(-1);
  }

 private:
  std::list<UpstreamSocket> all_;
};

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
  ::fcntl(descriptor, F_SETFL, 0);  // it blocks from now on, as UpstreamSocket has it
}

}  // namespace

UpstreamSocket connect_to_first(const std::vector<HostAddress>& addresses, TimePoint deadline,
                                const Latch& over, std::error_code& error) {
  Attempts attempts;
  TimePoint next_start = kNow;
  auto next = addresses.begin();
  while (next != addresses.end() || !attempts.are_none()) {
    if (over.fired() || Clock::now() >= deadline) {
      error = std::make_error_code(std::errc::timed_out);
      break;
    }
    if (next != addresses.end() && Clock::now() >= next_start) {
      UpstreamSocket attempt = start_connecting(*next++, error);
      if (!attempt) continue;
      attempts.add(std::move(attempt));
      next_start = Clock::now() + kHeadStart;
    }
    const TimePoint start = next == addresses.end() ? kNever : next_start;
    std::error_code failure;
    UpstreamSocket connected =
        attempts.wait(std::min({deadline, start, Clock::now() + kGlance}), failure);
    if (connected) {
      error.clear();
      return connected;
    }
    if (failure) {
      error = failure;
      next_start = kNow;
    }
  }
  return UpstreamSocket(-1);
}

UpstreamSocket connect_to(const UpstreamAddress& address, TimePoint deadline, const Latch& over,
                          std::error_code& error) {
  error = std::make_error_code(std::errc::host_unreachable);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0)
    return UpstreamSocket(-1);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<HostAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    HostAddress& copy = addresses.emplace_back();
    copy.size = one->ai_addrlen;
    std::memcpy(&copy.bytes, one->ai_addr, copy.size);
  }
  UpstreamSocket connected = connect_to_first(addresses, deadline, over, error);
  if (connected) set_options(connected.descriptor());
  return connected;
}

}  // namespace triloop
