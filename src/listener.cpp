// Asio resolves, binds and listens; what is accepted goes straight to a Socket of ours. Asio's own
// accept would register each connection with an epoll set that nobody waits on.
#include "listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cerrno>
#include <sstream>

namespace triloop {
namespace {

using asio::ip::tcp;

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

}  // namespace

struct Listener::Impl {
  asio::io_context io;
  tcp::acceptor acceptor{io};
};

Listener::Listener(const std::string& host, std::uint16_t port,
                   std::chrono::milliseconds dead_after)
    : impl_(std::make_unique<Impl>()) {
  tcp::acceptor& acceptor = impl_->acceptor;
  try {
    tcp::resolver resolver(impl_->io);
    const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
    const tcp::endpoint endpoint = *resolver.resolve(host, std::to_string(port), flags).begin();
    acceptor.open(endpoint.protocol());
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    set_options(acceptor.native_handle(), dead_after);
    acceptor.listen(SOMAXCONN);
    acceptor.non_blocking(true);
    port_ = acceptor.local_endpoint().port();
    address_ = to_string(acceptor.local_endpoint());
  } catch (const std::system_error& error) {
    throw std::system_error(portable(error.code()),
                            "cannot listen on " + host + " port " + std::to_string(port));
  }
}

Listener::~Listener() = default;

std::unique_ptr<Socket> Listener::accept(std::error_code& error) {
  error.clear();
  tcp::endpoint peer;
  auto size = static_cast<socklen_t>(peer.capacity());
  Descriptor descriptor(
      ::accept4(impl_->acceptor.native_handle(), peer.data(), &size, SOCK_CLOEXEC));
  if (descriptor.number() < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
    return nullptr;
  }
  peer.resize(size);
  return make_socket(std::move(descriptor), to_string(peer));
}

void Listener::close() { impl_->acceptor.close(); }

int Listener::descriptor() const { return impl_->acceptor.native_handle(); }

}  // namespace triloop
