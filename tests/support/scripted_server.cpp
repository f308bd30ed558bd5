#include "scripted_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "threads.h"
#include "websocket/http.h"

namespace triloop::testing {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void be_patient(int descriptor) {
  const timeval fail_safe{kFailSafe.count(), 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &fail_safe, sizeof fail_safe);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &fail_safe, sizeof fail_safe);
}

}  // namespace

Listening::Listening(const std::string& address, int backlog) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), "0", &hints, &found) != 0) {
    throw std::invalid_argument(address);
  }
  descriptor_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool listens = descriptor_ >= 0 &&
                       ::bind(descriptor_, found->ai_addr, found->ai_addrlen) == 0 &&
                       ::listen(descriptor_, backlog) == 0;
  ::freeaddrinfo(found);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (!listens || ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    const int error = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    errno = error;
    fail("listen");
  }
  be_patient(descriptor_);
  // At the same place in both families.
  port_ = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

Listening::~Listening() { ::close(descriptor_); }

int Listening::accept() {
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) fail("accept");
  const int on = 1;
  ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  be_patient(accepted);
  return accepted;
}

ScriptedServer::~ScriptedServer() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string ScriptedServer::request() {
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = receive();
    if (more.empty()) throw std::runtime_error("no request");
    received_ += more;
  }
  std::string head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  return head;
}

void ScriptedServer::open(const std::string& more, const std::string& behind) {
  send(answer_to(request(), more) + behind);
}

void ScriptedServer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string ScriptedServer::receive() {
  if (!received_.empty()) return std::exchange(received_, "");
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == ECONNRESET) return "";
  if (size < 0) fail("recv");
  return {buffer.data(), static_cast<std::size_t>(size)};
}

bool ScriptedServer::is_silent() const {
  char ignored = 0;
  return ::recv(descriptor_, &ignored, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void ScriptedServer::shutdown_send() { ::shutdown(descriptor_, SHUT_WR); }

void ScriptedServer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

std::string header_in(const std::string& head, const std::string& name) {
  const std::string begin = "\r\n" + name + ": ";
  const std::size_t at = head.find(begin);
  if (at == std::string::npos) return "";
  const std::size_t value = at + begin.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

std::string answer_to(const std::string& request, const std::string& more) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_value(header_in(request, "Sec-WebSocket-Key")) + "\r\n" + more + "\r\n";
}

}  // namespace triloop::testing
