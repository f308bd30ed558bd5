#include "server/listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/listening_socket.h"
#include "triloop/options.h"

namespace triloop {
namespace {

// The process that has connected: unix(7), SO_PEERCRED.
std::string process_behind(const Descriptor& descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  ::getsockopt(descriptor.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return "unix:" + std::to_string(peer.pid);
}

// Null without an error if nobody waits there.
std::unique_ptr<Socket> accept_from(const ListeningSocket& listening, std::error_code& error) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  Descriptor descriptor(::accept4(listening.descriptor.number(), reinterpret_cast<sockaddr*>(&peer),
                                  &size, SOCK_CLOEXEC));
  if (descriptor.number() < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) error.assign(errno, std::generic_category());
    return nullptr;
  }
  std::string address =
      peer.ss_family == AF_UNIX ? process_behind(descriptor) : to_text(peer, size);
  return make_socket(std::move(descriptor), std::move(address));
}

// Readable while one of those in it is.
class EpollSet {
 public:
  EpollSet() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_.number() < 0) throw system_error("epoll_create1");
  }

  void add(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(descriptor_.number(), EPOLL_CTL_ADD, descriptor, &event) < 0) {
      throw system_error("epoll_ctl");
    }
  }

  // To close it is not enough while another process has it, too: epoll(7).
  void remove(int descriptor) {
    ::epoll_ctl(descriptor_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
  }

  int descriptor() const { return descriptor_.number(); }

 private:
  const Descriptor descriptor_;
};

// TCP comes first: its entries know of one another.
ListeningSockets listen_everywhere(const Options& options) {
  const std::vector<ListenAddress> places = listen_addresses(options);
  ListeningSockets sockets;
  listen_at_tcp(places, options.write_timeout, sockets);
  for (const ListenAddress& place : places) {
    if (place.kind == ListenAddress::Kind::unix_socket) sockets.push_back(listen_at_path(place));
    if (place.kind == ListenAddress::Kind::descriptor) {
      sockets.push_back(adopt(place.descriptor, options.write_timeout));
    }
  }
  return sockets;
}

}  // namespace

struct Listener::Impl {
  EpollSet readable;
  ListeningSockets sockets;
  std::size_t turn = 0;  // whose it is to be asked first
};

Listener::Listener(const Options& options) : impl_(std::make_unique<Impl>()) {
  impl_->sockets = listen_everywhere(options);
  for (const ListeningSocket& each : impl_->sockets) {
    impl_->readable.add(each.descriptor.number());
    addresses_.push_back(each.address);
    if (port_ == 0) port_ = each.port;
  }
}

Listener::~Listener() = default;

Accepted Listener::accept(std::error_code& error) {
  error.clear();
  for (std::size_t asked = 0; asked < impl_->sockets.size(); ++asked) {
    const ListeningSocket& listening = impl_->sockets[impl_->turn];
    impl_->turn = (impl_->turn + 1) % impl_->sockets.size();
    if (auto socket = accept_from(listening, error)) return {std::move(socket), listening.kind};
    if (error) break;
  }
  return {};
}

// Who has opened a socket for this process, as systemd does, mostly keeps it open for the next one.
bool Listener::close() {
  bool goes_on = false;
  for (const ListeningSocket& each : impl_->sockets) {
    goes_on = goes_on || each.kind == ListenAddress::Kind::descriptor;
    impl_->readable.remove(each.descriptor.number());
  }
  impl_->sockets.clear();
  return goes_on;
}

int Listener::descriptor() const { return impl_->readable.descriptor(); }

}  // namespace triloop
