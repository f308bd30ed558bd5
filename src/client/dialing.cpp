#include "client/dialing.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "net/deadline.h"
#include "net/tcp_options.h"

namespace triloop {
namespace {

// What getaddrinfo(3) says.
class LookUpErrors : public std::error_category {
 public:
  const char* name() const noexcept override { return "getaddrinfo"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
};

std::error_code look_up_error(int code) {
  static const LookUpErrors category;
  if (code == EAI_SYSTEM) return {errno, std::generic_category()};
  return {code, category};
}

// The attempts of one dial() that are on their way.
class Attempts {
 public:
  Attempts(int cancel, std::chrono::milliseconds dead_after)
      : dead_after_(dead_after), polled_{{cancel, POLLIN, 0}} {}

  bool none() const { return pending_.empty(); }
  const std::error_code& last_failure() const { return last_failure_; }

  // Begins one. False if it has failed already. Who is connected at once is found like any other.
  bool begin(const Address& address) {
    Descriptor descriptor(
        ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int number = descriptor.number();
    if (number < 0) return failed(errno);
    set_tcp_options(number, dead_after_);
    const auto* const to = reinterpret_cast<const sockaddr*>(&address.bytes);
    if (::connect(number, to, address.size) != 0 && errno != EINPROGRESS) return failed(errno);
    pending_.push_back({std::move(descriptor), address});
    polled_.push_back({number, POLLOUT, 0});
    return true;
  }

  // Blocks until one of them is decided; freed by `deadline` and by `cancel`.
  void wait(TimePoint deadline) {
    const int ready = ::poll(polled_.data(), polled_.size(), poll_timeout(deadline));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready <= 0) {
      for (pollfd& each : polled_) each.revents = 0;
    }
  }

  bool is_cancelled() const { return polled_.front().revents != 0; }

  // The first that is connected. Those that have failed go: then `any_failed`.
  std::unique_ptr<Dialled> winner(bool& any_failed) {
    for (std::size_t i = pending_.size(); i-- > 0;) {
      if (polled_[i + 1].revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(pending_[i].descriptor.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
      if (error == 0) return std::make_unique<Dialled>(std::move(pending_[i]));
      failed(error);
      any_failed = true;
      forget(i);
    }
    return nullptr;
  }

 private:
  bool failed(int error) {
    last_failure_.assign(error, std::generic_category());
    return false;
  }

  void forget(std::size_t which) {
    std::vector<Dialled> others;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (i != which) others.push_back(std::move(pending_[i]));
    }
    pending_.swap(others);
    polled_.erase(polled_.begin() + 1 + static_cast<std::ptrdiff_t>(which));
  }

  const std::chrono::milliseconds dead_after_;
  std::vector<Dialled> pending_;
  std::vector<pollfd> polled_;  // `cancel`, and then those of pending_
  std::error_code last_failure_ = std::make_error_code(std::errc::address_not_available);
};

void make_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0) {
    throw std::system_error(errno, std::generic_category(), "fcntl");
  }
}

}  // namespace

std::vector<Address> look_up(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found)) {
    throw std::system_error(look_up_error(code), "cannot look up " + host);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address address;
    address.size = static_cast<socklen_t>(each->ai_addrlen);
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    addresses.push_back(address);
  }
  return addresses;
}

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> mixed = addresses;
  if (addresses.empty()) return mixed;
  const int first = addresses.front().family();
  std::stable_partition(mixed.begin(), mixed.end(),
                        [&](const Address& each) { return each.family() == first; });
  const auto same = static_cast<std::size_t>(std::count_if(
      mixed.begin(), mixed.end(), [&](const Address& each) { return each.family() == first; }));
  std::vector<Address> by_turns;
  for (std::size_t i = 0; by_turns.size() < mixed.size(); ++i) {
    if (i < same) by_turns.push_back(mixed[i]);
    if (same + i < mixed.size()) by_turns.push_back(mixed[same + i]);
  }
  return by_turns;
}

Dialled dial(const std::vector<Address>& addresses, TimePoint deadline, int cancel,
             std::chrono::milliseconds dead_after, std::chrono::milliseconds stagger) {
  Attempts attempts(cancel, dead_after);
  auto next = addresses.begin();
  TimePoint next_at = kNow;
  for (;;) {
    while (next != addresses.end() && (attempts.none() || Clock::now() >= next_at)) {
      if (attempts.begin(*next++)) next_at = Clock::now() + stagger;
    }
    if (attempts.none()) throw std::system_error(attempts.last_failure());
    attempts.wait(next == addresses.end() ? deadline : std::min(deadline, next_at));
    if (attempts.is_cancelled()) {
      throw std::system_error(std::make_error_code(std::errc::operation_canceled));
    }
    bool any_failed = false;
    if (const auto winner = attempts.winner(any_failed)) {
      make_blocking(winner->descriptor.number());
      return std::move(*winner);
    }
    if (any_failed) next_at = kNow;
    if (Clock::now() >= deadline) {
      throw std::system_error(std::make_error_code(std::errc::timed_out));
    }
  }
}

}  // namespace triloop
