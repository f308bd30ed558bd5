// sd_listen_fds(3): what systemd gives to the program that it starts.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "demo/service_manager.h"
#include "net/socket.h"
#include "support/catch.h"

namespace triloop {
namespace {

using Entries = std::vector<std::string>;

// What the environment says; LISTEN_PID is this process's number if nothing else is given.
Entries given(const char* sockets, const std::string& process = std::to_string(::getpid())) {
  ::setenv("LISTEN_FDS", sockets, 1);
  ::setenv("LISTEN_PID", process.c_str(), 1);
  ::setenv("LISTEN_FDNAMES", "a:b", 1);
  return sockets_of_service_manager();
}

bool nothing_is_left() {
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
    if (std::getenv(name) != nullptr) return false;
  }
  return true;
}

// That it marks descriptors 3 and 4 of this process is harmless: nothing is started by it.
TEST_CASE("sockets of the service manager begin at descriptor 3, and are told once",
          "[service_manager]") {
  CHECK(given("2") == Entries{"fd:3", "fd:4"});
  CHECK(nothing_is_left());
  CHECK(sockets_of_service_manager().empty());
  CHECK(given("0").empty());
}

TEST_CASE("a program that this one starts has none of the sockets", "[service_manager]") {
  const Descriptor spare(
      ::open("/dev/null", O_RDONLY));  // without FD_CLOEXEC; 3 is this or before it
  REQUIRE(spare.number() >= 3);
  const int flags = ::fcntl(3, F_GETFD);
  REQUIRE(::fcntl(3, F_SETFD, 0) == 0);
  CHECK(given("1") == Entries{"fd:3"});
  CHECK((::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0);
  ::fcntl(3, F_SETFD, flags);
}

TEST_CASE("sockets that are meant for another process are not taken", "[service_manager]") {
  CHECK(given("1", "1").empty());
  CHECK(nothing_is_left());
  CHECK(given("1", "").empty());
  CHECK(given("1", std::to_string(::getpid()) + "x").empty());
}

TEST_CASE("a number of sockets that is none is refused", "[service_manager]") {
  for (const char* bad : {"x", "", "-1", "1x", "1025", "99999999999"}) {
    INFO(bad);
    CHECK_THROWS_AS(given(bad), std::invalid_argument);
    CHECK(nothing_is_left());
  }
}

}  // namespace
}  // namespace triloop
