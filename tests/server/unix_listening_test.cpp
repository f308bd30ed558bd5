// A server that listens on Unix sockets: what becomes of their files.
#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include "server/listening_socket.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

namespace fs = std::filesystem;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

// A folder of its own, gone with the test.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "triloop-unix-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }

  fs::path path;
};

Options options_at(const std::string& path, const std::string& more = {}) {
  Options options = quiet_options();
  options.listen = {"unix:" + path + more};
  return options;
}

std::string echo_at(const std::string& path) {
  TestClient client(path);
  client.open();
  client.send_text(path);
  return client.next_text();
}

std::string failure(const Options& options) {
  try {
    const Server server(options);
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

// As a server leaves it that was killed.
void leave_dead_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
}

TEST_CASE("a server serves a Unix socket, says so, and takes its file along", "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  RunningServer server(testing::plain_echo, options_at(path));
  CHECK(server.port() == 0);
  CHECK(server.server().url() == "unix:" + path);
  CHECK(echo_at(path) == path);
  CHECK(folder.files() == 1);
  server.stop();
  CHECK(folder.files() == 0);
}

TEST_CASE("TCP and a Unix socket are served at once, and the port is that of TCP", "[unix]") {
  const Folder folder;
  Options options = options_at(folder / "s");
  options.listen.push_back("tcp:127.0.0.1:0");
  RunningServer server(testing::plain_echo, options);
  CHECK(echo_at(folder / "s") == folder / "s");
  TestClient client(server.port());
  client.open();
  CHECK(server.server().urls() ==
        std::vector<std::string>{"http://127.0.0.1:" + std::to_string(server.port()) + "/",
                                 "unix:" + folder / "s"});
}

TEST_CASE("the address of a peer of a Unix socket is the number of its process", "[unix]") {
  const Folder folder;
  const RunningServer server(
      [](Connection& connection) { connection.write(Message::text(connection.peer_address())); },
      options_at(folder / "s"));
  TestClient client(folder / "s");
  client.open();
  CHECK(client.next_text() == "unix:" + std::to_string(::getpid()));
}

TEST_CASE("what a dead server has left is replaced", "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  leave_dead_socket(path);
  leave_dead_socket(path + ".new");  // it died earlier still
  const RunningServer server(testing::plain_echo, options_at(path));
  CHECK(echo_at(path) == path);
  CHECK(folder.files() == 1);
}

TEST_CASE("a socket that is in use is not taken away, also when its backlog is full", "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  const std::string in_use = "cannot listen on unix:" + path + ": Address already in use";
  {
    RunningServer server(testing::plain_echo, options_at(path));
    CHECK(failure(options_at(path)) == in_use);
    CHECK(echo_at(path) == path);
  }
  const ListeningSocket full = listen_at_path(parse_listen_address("unix:" + path), nullptr);
  REQUIRE(::listen(full.descriptor.number(), 0) == 0);
  const TestClient waits(path);
  CHECK(failure(options_at(path)) == in_use);
  CHECK(folder.files() == 1);
}

TEST_CASE("a file that is no socket is never removed", "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  std::ofstream(path) << "precious";
  CHECK(failure(options_at(path)) ==
        "cannot listen on unix:" + path + ", which is no socket: File exists");
  CHECK(failure(options_at(folder / "t")).empty());
  std::ofstream(folder / "u.new") << "precious";
  CHECK(failure(options_at(folder / "u")).find("u.new, which is no socket") != std::string::npos);
  fs::create_symlink(folder / "elsewhere", folder / "link");  // it may lead anywhere
  CHECK(failure(options_at(folder / "link")).find("which is no socket") != std::string::npos);
  CHECK(fs::file_size(path) == 8);
  CHECK(fs::file_size(folder / "u.new") == 8);
}

TEST_CASE("a file that has come in place of a server's own stays when that ends", "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  RunningServer server(testing::plain_echo, options_at(path));
  fs::rename(path, folder / "moved");
  std::ofstream(path) << "precious";
  server.stop();
  CHECK(fs::file_size(path) == 8);
}

TEST_CASE("mode and group of the file are those of the options", "[unix]") {
  const Folder folder;
  const gid_t group = ::getgid();
  const mode_t before = ::umask(0077);  // it must not take away what is asked for
  const std::string path = folder / "s";
  const ListeningSocket socket = listen_at_path(
      parse_listen_address("unix:" + path + ",mode=0666,group=" + std::to_string(group)), nullptr);
  ::umask(before);
  CHECK((status_of(path).st_mode & 0777) == 0666);
  CHECK(status_of(path).st_gid == group);
  CHECK(failure(options_at(path, ",group=no-such-group")) ==
        "listen: there is no group 'no-such-group'");
  if (::getuid() != 0) return;  // only root may give it to any group
  const ListeningSocket other = listen_at_path(
      parse_listen_address("unix:" + folder / "t" + ",mode=0600,group=daemon"), nullptr);
  CHECK(status_of(folder / "t").st_gid == ::getgrnam("daemon")->gr_gid);
}

TEST_CASE("of servers that start at one path at once a single one listens, and it is reached",
          "[unix]") {
  const Folder folder;
  const std::string path = folder / "s";
  for (int round = 0; round < 50; ++round) {
    leave_dead_socket(path);
    constexpr int kStarters = 4;
    std::atomic<int> waiting{0};
    std::deque<std::unique_ptr<ListeningSocket>> started(kStarters);
    {
      std::deque<testing::Worker> starters;
      for (auto& mine : started) {
        starters.emplace_back([&] {
          ++waiting;
          while (waiting < kStarters) ::sched_yield();
          try {
            mine = std::make_unique<ListeningSocket>(
                listen_at_path(parse_listen_address("unix:" + path), nullptr));
          } catch (const std::system_error&) {  // another one listens
          }
        });
      }
    }
    const TestClient client(path);
    int listening = 0;
    for (const auto& each : started) {
      if (each == nullptr) continue;
      ++listening;
      CHECK(Descriptor(::accept(each->descriptor.number(), nullptr, nullptr)).number() >= 0);
    }
    REQUIRE(listening == 1);
    started.clear();
    REQUIRE(folder.files() == 0);
  }
}

TEST_CASE("a path in a folder that is not there is an error that names it", "[unix]") {
  const Folder folder;
  const std::string path = folder / "no/s";
  CHECK(failure(options_at(path)) ==
        "cannot listen on unix:" + path + ": No such file or directory");
}

}  // namespace
}  // namespace triloop
