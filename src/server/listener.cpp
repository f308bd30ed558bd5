// Asio resolves, binds and listens; what is accepted goes straight to a Socket of ours. Asio's own
// accept would register each connection with an epoll set that nobody waits on.
#include "server/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <cerrno>
#include <sstream>
#include <utility>

namespace triloop {
namespace {

using asio::ip::tcp;

// A port that is free at one address may be taken at the next. It rarely is.
constexpr int kMoreAttempts = 9;

std::string to_string(const tcp::endpoint& endpoint) {
  std::ostringstream out;
  out << endpoint;
  return out.str();
}

// Asio's codes for what the system says compare equal to no std::errc; their numbers are errno's.
std::error_code portable(const std::error_code& code) {
  const bool system = code.category() == asio::error::get_system_category();
  return system ? std::error_code(code.value(), std::generic_category()) : code;
}

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

// Of the listening socket; those that it accepts inherit them. See tcp(7). The keepalive asks an
// idle peer, the user timeout judges one that owes an answer.
void set_options(int descriptor, std::chrono::milliseconds dead_after) {
  using std::chrono::seconds;
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(9);  // the kernel's: 32767 s
  dead_after = std::min(dead_after, kMost);
  const int idle = static_cast<int>(std::chrono::ceil<seconds>(dead_after).count());
  // An idle peer is asked once at that time; the next time it is its user timeout that is over.
  const int ask_again = std::clamp(idle / 2, 1, 5);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);  // a reply does not wait for the last one's ack
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(dead_after.count()));
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, ask_again);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

std::system_error cannot_listen(const std::system_error& error, const std::string& where,
                                std::uint16_t port) {
  return {portable(error.code()), "cannot listen on " + where + " port " + std::to_string(port)};
}

// As ::1 is missing in a container without IPv6.
bool machine_has_no_such_address(const std::system_error& error) {
  return error.code() == std::errc::address_not_available ||
         error.code() == std::errc::address_family_not_supported;
}

// An entry of the options, and all that it stands for.
struct Host {
  std::string name;
  std::vector<tcp::endpoint> endpoints;
};

Host look_up(asio::io_context& io, const std::string& name, std::uint16_t port) {
  // RFC 6761 section 6.3. Many a file of hosts has only one of them.
  if (::strcasecmp(name.c_str(), "localhost") == 0) {
    return {name,
            {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}}};
  }
  Host host{name, {}};
  try {
    tcp::resolver resolver(io);
    const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
    for (const auto& entry : resolver.resolve(name, std::to_string(port), flags)) {
      host.endpoints.push_back(entry.endpoint());
    }
  } catch (const std::system_error& error) {
    throw cannot_listen(error, name, port);
  }
  return host;
}

// The wildcard of IPv6 takes the connections of IPv4, too, unless it has company that wants them.
bool any_of_ipv4(const std::vector<Host>& hosts) {
  return std::any_of(hosts.begin(), hosts.end(), [](const Host& host) {
    return std::any_of(host.endpoints.begin(), host.endpoints.end(),
                       [](const tcp::endpoint& each) { return each.address().is_v4(); });
  });
}

tcp::acceptor listen_at(asio::io_context& io, const tcp::endpoint& endpoint, bool ipv6_only,
                        std::chrono::milliseconds dead_after) {
  tcp::acceptor acceptor(io, endpoint.protocol());
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (ipv6_only && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
  acceptor.bind(endpoint);
  set_options(acceptor.native_handle(), dead_after);
  acceptor.listen(SOMAXCONN);
  acceptor.non_blocking(true);
  return acceptor;
}

// nullptr without an error if nobody waits there.
std::unique_ptr<Socket> accept_from(tcp::acceptor& acceptor, std::error_code& error) {
  tcp::endpoint peer;
  auto size = static_cast<socklen_t>(peer.capacity());
  Descriptor descriptor(::accept4(acceptor.native_handle(), peer.data(), &size, SOCK_CLOEXEC));
  if (descriptor.number() < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
    return nullptr;
  }
  peer.resize(size);
  return make_socket(std::move(descriptor), to_string(peer));
}

// Readable while one of those in it is.
class EpollSet {
 public:
  EpollSet() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_.number() < 0) fail("epoll_create1");
  }

  // Until it is closed.
  void add(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(descriptor_.number(), EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
  }

  int descriptor() const { return descriptor_.number(); }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }

  const Descriptor descriptor_;
};

}  // namespace

struct Listener::Impl {
  void listen(const std::vector<Host>& hosts, std::uint16_t port,
              std::chrono::milliseconds dead_after);
  bool listens_at(const tcp::endpoint& endpoint) const;

  asio::io_context io;
  EpollSet readable;
  std::vector<tcp::acceptor> acceptors;
  std::size_t turn = 0;  // whose it is to be asked first
};

bool Listener::Impl::listens_at(const tcp::endpoint& endpoint) const {
  return std::any_of(acceptors.begin(), acceptors.end(), [&](const tcp::acceptor& acceptor) {
    return acceptor.local_endpoint() == endpoint;
  });
}

void Listener::Impl::listen(const std::vector<Host>& hosts, std::uint16_t port,
                            std::chrono::milliseconds dead_after) {
  const bool ipv6_only = any_of_ipv4(hosts);
  std::vector<std::system_error> left_out;
  for (const Host& host : hosts) {
    bool listens = false;
    for (tcp::endpoint endpoint : host.endpoints) {
      endpoint.port(port);
      try {
        if (!listens_at(endpoint)) {
          acceptors.push_back(listen_at(io, endpoint, ipv6_only, dead_after));
          readable.add(acceptors.back().native_handle());
          port = acceptors.back().local_endpoint().port();
        }
        listens = true;
      } catch (const std::system_error& error) {
        const std::string address = endpoint.address().to_string();
        const bool literal = address == host.name;
        left_out.push_back(cannot_listen(
            error, literal ? address : host.name + " (" + address + ")", endpoint.port()));
        if (!machine_has_no_such_address(left_out.back())) throw std::system_error(left_out.back());
      }
    }
    if (!listens) throw std::system_error(left_out.back());
  }
  for (const auto& each : left_out) spdlog::warn("left out: {}", each.what());
}

Listener::Listener(const std::vector<std::string>& hosts, std::uint16_t port,
                   std::chrono::milliseconds dead_after)
    : impl_(std::make_unique<Impl>()) {
  std::vector<Host> found;
  found.reserve(hosts.size());
  for (const std::string& host : hosts) found.push_back(look_up(impl_->io, host, port));
  for (int more_attempts = port == 0 ? kMoreAttempts : 0;; --more_attempts) {
    try {
      impl_->listen(found, port, dead_after);
      break;
    } catch (const std::system_error& error) {
      if (more_attempts == 0 || error.code() != std::errc::address_in_use) throw;
      impl_->acceptors.clear();
    }
  }
  port_ = impl_->acceptors.front().local_endpoint().port();
  addresses_.reserve(impl_->acceptors.size());
  for (const auto& each : impl_->acceptors) addresses_.push_back(to_string(each.local_endpoint()));
}

Listener::~Listener() = default;

std::unique_ptr<Socket> Listener::accept(std::error_code& error) {
  error.clear();
  for (std::size_t asked = 0; asked < impl_->acceptors.size(); ++asked) {
    tcp::acceptor& acceptor = impl_->acceptors[impl_->turn];
    impl_->turn = (impl_->turn + 1) % impl_->acceptors.size();
    if (auto socket = accept_from(acceptor, error)) return socket;
    if (error) break;
  }
  return nullptr;
}

void Listener::close() { impl_->acceptors.clear(); }

int Listener::descriptor() const { return impl_->readable.descriptor(); }

}  // namespace triloop
