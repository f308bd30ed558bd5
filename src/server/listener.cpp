#include "server/listener.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "net/address_text.h"
#include "server/listening_socket.h"
#include "server/succession.h"
#include "triloop/options.h"

namespace triloop {
namespace {

constexpr std::string_view kUnix = "unix:";

// The process that has connected: unix(7), SO_PEERCRED.
std::string process_behind(const Descriptor& descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  ::getsockopt(descriptor.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return std::string(kUnix) + std::to_string(peer.pid);
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

// TCP comes first: its entries know of one another.
ListeningSockets listen_everywhere(const Options& options, Legacy* legacy) {
  const std::vector<ListenAddress> places = listen_addresses(options);
  ListeningSockets sockets;
  listen_at_tcp(places, options.write_timeout, legacy, sockets);
  for (const ListenAddress& place : places) {
    if (place.kind == ListenAddress::Kind::unix_socket) {
      sockets.push_back(listen_at_path(place, legacy));
    }
    if (place.kind == ListenAddress::Kind::descriptor) {
      sockets.push_back(adopt(place.descriptor, options.write_timeout));
      sockets.back().speaks_tls = place.speaks_tls && sockets.back().port != 0;
    }
  }
  // Of a socket that was there before it shows only now what it is.
  const bool any_speaks_tls = std::any_of(
      sockets.begin(), sockets.end(), [](const ListeningSocket& each) { return each.speaks_tls; });
  if (!options.tls.certificates.empty() && !any_speaks_tls) {
    throw std::invalid_argument(
        "listen: a certificate is named, and of the sockets that were there before none is of TCP");
  }
  return sockets;
}

std::string url_of(const ListeningSocket& listening) {
  if (listening.port == 0) return listening.address;
  return (listening.speaks_tls ? "https://" : "http://") + listening.address + "/";
}

}  // namespace

struct Listener::Impl {
  EpollSet readable;
  std::unique_ptr<Legacy> legacy;  // until this one accepts; null: there is none
  ListeningSockets sockets;
  std::unique_ptr<Handover> handover;  // null: nobody can take over
  std::size_t turn = 0;                // whose it is to be asked first
};

Listener::Listener(const Options& options) : impl_(std::make_unique<Impl>()) {
  Impl& all = *impl_;
  const std::string& path = options.take_over;
  if (!path.empty()) all.legacy = Legacy::ask(path);
  all.sockets = listen_everywhere(options, all.legacy.get());
  for (const ListeningSocket& each : all.sockets) {
    all.readable.add(each.descriptor.number());
    urls_.push_back(url_of(each));
    if (port_ == 0) port_ = each.port;
  }
  if (path.empty()) return;
  all.handover = std::make_unique<Handover>(path, all.legacy.get());
  all.readable.add(all.handover->descriptor());
}

Listener::~Listener() { close(); }

// Up to here the files belong to the server that goes on if this one does not get here.
void Listener::begin() {
  if (impl_->legacy == nullptr) return;
  for (const std::string& address : impl_->legacy->left()) {
    spdlog::warn("not listened on any more: {}", address);
  }
  for (ListeningSocket& each : impl_->sockets) {
    if (each.kind != ListenAddress::Kind::unix_socket || each.file != nullptr) continue;
    each.file = std::make_unique<SocketFile>(each.address.substr(kUnix.size()));
  }
  impl_->handover->own_path();
  impl_->legacy->accepting();
  impl_->legacy.reset();
  spdlog::info("taken over: this process accepts from now on");
}

Accepted Listener::accept(std::error_code& error) {
  error.clear();
  Impl& all = *impl_;
  if (all.handover != nullptr && !handed_over_ && all.handover->go_on(all.sockets)) {
    handed_over_ = true;
    spdlog::info("handed over: another process accepts from now on");
  }
  if (handed_over_) return {};
  for (std::size_t asked = 0; asked < all.sockets.size(); ++asked) {
    const ListeningSocket& listening = all.sockets[all.turn];
    all.turn = (all.turn + 1) % all.sockets.size();
    if (auto socket = accept_from(listening, error))
      return {std::move(socket), listening.speaks_tls};
    if (error) break;
  }
  return {};
}

// Who has opened a socket for this process, as systemd does, mostly keeps it open for the next one.
// Who has been given the sockets may accept at any moment: the files are left to it, and if it has
// died instead, the next one finds that they are dead.
bool Listener::close() {
  Impl& all = *impl_;
  const bool is_given = all.handover != nullptr && all.handover->has_given();
  bool goes_on = is_given;
  for (const ListeningSocket& each : all.sockets) {
    goes_on = goes_on || each.kind == ListenAddress::Kind::descriptor;
    all.readable.remove(each.descriptor.number());
    if (is_given && each.file != nullptr) each.file->leave();
  }
  if (is_given) all.handover->leave_path();
  all.sockets.clear();
  all.handover.reset();
  return goes_on;
}

int Listener::descriptor() const { return impl_->readable.descriptor(); }

}  // namespace triloop
