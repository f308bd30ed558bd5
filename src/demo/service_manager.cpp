#include "demo/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace triloop {
namespace {

constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START

// Taken out of the environment; nullopt if it is not there.
std::optional<std::string> take(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr) return std::nullopt;
  std::string taken = value;
  ::unsetenv(variable);
  return taken;
}

// -1 if it is none.
int number(const std::string& text) {
  int value = -1;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end ? value : -1;
}

}  // namespace

void notify_service_manager(std::string_view state) noexcept {
  const char* const given = std::getenv("NOTIFY_SOCKET");
  if (given == nullptr) return;
  const std::string_view path = given;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  path.copy(address.sun_path, path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract name, unix(7)

  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval one_second{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &one_second, sizeof one_second);
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
  ::close(socket);
}

std::vector<std::string> sockets_of_service_manager() {
  constexpr int kMost = 1024;
  const std::optional<std::string> process = take("LISTEN_PID");
  const std::optional<std::string> sockets = take("LISTEN_FDS");
  take("LISTEN_FDNAMES");  // each socket says itself where it listens
  // They may be for the process that has started this one, and has left the variables there.
  if (!process || !sockets || number(*process) != ::getpid()) return {};
  const int count = number(*sockets);
  if (count < 0 || count > kMost) {
    throw std::invalid_argument("LISTEN_FDS='" + *sockets + "' is no number of sockets");
  }
  std::vector<std::string> entries;
  for (int socket = kFirstSocket; socket < kFirstSocket + count; ++socket) {
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    entries.push_back("fd:" + std::to_string(socket));
  }
  return entries;
}

}  // namespace triloop
