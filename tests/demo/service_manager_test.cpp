#include "demo/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/catch.h"

namespace triloop {
namespace {

// What systemd keeps for a service of Type=notify: a datagram socket, whose name is in the
// environment while this lives. A name that begins with '@' is an abstract one.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
    if (name_[0] != '@') ::unlink(name_.c_str());
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Until its queue takes no more (net.unix.max_dgram_qlen).
  void fill() const {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = 1;
    while (sent == 1) {
      sent = ::sendto(sender, "x", 1, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address), size);
    }
    ::close(sender);
  }

  // What is there: a datagram has arrived when its sender returns.
  std::string heard() const {
    char buffer[64];
    const ssize_t size = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  const std::string name_;
  const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string own_name() { return "triloop-test-" + std::to_string(::getpid()); }

TEST_CASE("the service manager hears the state at its socket", "[service_manager]") {
  const Manager manager((std::filesystem::temp_directory_path() / own_name()).string());
  notify_service_manager("READY=1");
  CHECK(manager.heard() == "READY=1");
}

TEST_CASE("the service manager hears the state under an abstract name", "[service_manager]") {
  const Manager manager("@" + own_name());
  notify_service_manager("STOPPING=1");
  CHECK(manager.heard() == "STOPPING=1");
}

TEST_CASE("without a service manager, or with one that is gone, nothing happens",
          "[service_manager]") {
  ::unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  for (const std::string& name : {std::string(), std::string("/no/such/socket"),
                                  std::string("relative"), std::string(500, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service_manager("READY=1");
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("a service manager that does not listen holds the service up for a second at most",
          "[service_manager]") {
  const Manager manager("@" + own_name());
  manager.fill();
  notify_service_manager("READY=1");
  CHECK(manager.heard() == "x");
}

}  // namespace
}  // namespace triloop
