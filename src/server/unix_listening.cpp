// A Unix socket is made beside its place and renamed into it when it listens, with the mode and the
// group that it has to have: so nobody finds it half done, and nobody who may not.
//
// Two that start at once: each looks at what is there, and replaces it if it is dead. Between the
// two the other one may have come to life. So both hold a lock on the folder meanwhile (flock(2)),
// which needs no file of its own and goes with its holder.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "net/deadline.h"
#include "net/number.h"
#include "net/unix_address.h"
#include "server/listening_socket.h"
#include "server/succession.h"

namespace triloop {
namespace {

// Others hold the lock for a few system calls. Who holds it longer is nobody of ours.
constexpr std::chrono::seconds kLockPatience{5};
constexpr int kBetweenAttemptsMs = 20;

std::system_error cannot_listen(const std::string& path, int error, const std::string& why = {}) {
  return {error, std::generic_category(), "cannot listen on unix:" + path + why};
}

Descriptor lock_folder_of(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.number() < 0) throw cannot_listen(path, errno);
  const TimePoint deadline = Clock::now() + kLockPatience;
  while (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    // There is no lock with a deadline; to ask once more is all that can be done.
    if (errno != EWOULDBLOCK && errno != EINTR) throw cannot_listen(path, errno);
    if (Clock::now() >= deadline) throw cannot_listen(path, ETIMEDOUT, ", the folder is locked");
    ::poll(nullptr, 0, kBetweenAttemptsMs);
  }
  return lock;
}

// Does a server answer there? Only a refusal says that none does: with a full backlog it is EAGAIN.
bool is_in_use(const std::string& path) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.number() < 0) throw cannot_listen(path, errno);
  const sockaddr_un address = unix_address(path);
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
             0 ||
         errno != ECONNREFUSED;
}

// Throws unless nothing is there, or what a dead server has left.
void check_free(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    throw cannot_listen(path, errno);
  }
  if (!S_ISSOCK(found.st_mode)) throw cannot_listen(path, EEXIST, ", which is no socket");
  if (is_in_use(path)) throw cannot_listen(path, EADDRINUSE);
}

gid_t group_of(const std::string& name) {
  constexpr auto kMost = std::numeric_limits<gid_t>::max();
  if (const auto number = parse_number(name, kMost)) return static_cast<gid_t>(*number);
  std::vector<char> buffer(1 << 16);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) throw std::invalid_argument("listen: there is no group '" + name + "'");
  return entry.gr_gid;
}

// False with errno.
bool set_mode_and_group(const std::string& path, const ListenAddress& wanted) {
  return (!wanted.mode || ::chmod(path.c_str(), *wanted.mode) == 0) &&
         (wanted.group.empty() ||
          ::chown(path.c_str(), static_cast<uid_t>(-1), group_of(wanted.group)) == 0);
}

}  // namespace

ListeningSocket listen_at_path(const ListenAddress& wanted, Legacy* legacy) {
  const std::string& path = wanted.path;
  const std::string made = path + ".new";
  if (!wanted.group.empty()) group_of(wanted.group);  // before anything is made
  if (legacy != nullptr) {
    if (auto taken = legacy->take("unix:" + path, /*any_port=*/false)) {
      if (!set_mode_and_group(path, wanted)) throw cannot_listen(path, errno);
      taken->kind = ListenAddress::Kind::unix_socket;
      return std::move(*taken);
    }
  }
  const Descriptor lock = lock_folder_of(path);
  check_free(path);
  check_free(made);  // of one that died in the middle of this
  ::unlink(made.c_str());
  Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (descriptor.number() < 0) throw cannot_listen(path, errno);
  const sockaddr_un address = unix_address(made);
  if (::bind(descriptor.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    throw cannot_listen(path, errno);
  }
  // Nobody can connect before listen(), and there is another file for each that failed.
  if (!set_mode_and_group(made, wanted) || ::listen(descriptor.number(), SOMAXCONN) != 0 ||
      ::rename(made.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(made.c_str());
    throw cannot_listen(path, error);
  }
  ListeningSocket there = listening(std::move(descriptor), ListenAddress::Kind::unix_socket);
  there.address = "unix:" + path;  // and not the name that it was made by
  there.file = std::make_unique<SocketFile>(path);
  return there;
}

}  // namespace triloop
