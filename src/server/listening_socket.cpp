#include "server/listening_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/address_text.h"
#include "net/tcp_options.h"

namespace triloop {
namespace {

int get(int descriptor, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size);
  return value;
}

bool can_be_served(int family) {
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat now {};
  if (::lstat(path_.c_str(), &now) != 0) leave();
  device_ = now.st_dev;
  inode_ = now.st_ino;
}

SocketFile::~SocketFile() {
  struct stat now {};
  if (path_.empty() || ::lstat(path_.c_str(), &now) != 0) return;
  if (now.st_dev == device_ && now.st_ino == inode_) ::unlink(path_.c_str());
}

ListeningSocket adopt(int descriptor, std::chrono::milliseconds dead_after) {
  const std::string name = "fd:" + std::to_string(descriptor);
  const auto refuse = [&](int error, const char* why) {
    return std::system_error(error, std::generic_category(), "cannot listen on " + name + why);
  };
  // It is closed only once it is known to be what was meant.
  if (::fcntl(descriptor, F_GETFD) < 0) throw refuse(errno, "");
  if (get(descriptor, SO_TYPE) != SOCK_STREAM || !can_be_served(get(descriptor, SO_DOMAIN))) {
    throw refuse(EINVAL, ", no stream socket of TCP or Unix");
  }
  if (get(descriptor, SO_ACCEPTCONN) != 1) throw refuse(EINVAL, ", which does not listen");
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  if (get(descriptor, SO_DOMAIN) != AF_UNIX) set_tcp_options(descriptor, dead_after);
  return listening(Descriptor(descriptor), ListenAddress::Kind::descriptor);
}

ListeningSocket listening(Descriptor descriptor, ListenAddress::Kind kind) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(descriptor.number(), reinterpret_cast<sockaddr*>(&bound), &size);
  std::uint16_t port = 0;
  if (bound.ss_family == AF_INET) port = ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port);
  if (bound.ss_family == AF_INET6) port = ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  return {std::move(descriptor), kind, to_text(bound, size), port, /*speaks_tls=*/false, nullptr};
}

std::system_error system_error(const std::string& what) {
  return {errno, std::generic_category(), what};
}

}  // namespace triloop
