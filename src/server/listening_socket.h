/// Sockets that listen, each kind in a file of its own: tcp_listening.cpp, unix_listening.cpp, and
/// those that were there before the program in listening_socket.cpp.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "net/socket.h"
#include "server/listen_address.h"

namespace triloop {

/// The file of a Unix socket. The destructor removes it, if it is still the one that was made here.
class SocketFile {
 public:
  /// That which is there now, if there is one.
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  /// Somebody else listens there from now on.
  void leave() { path_.clear(); }

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

class Legacy;

/// It listens, and never blocks.
struct ListeningSocket {
  Descriptor descriptor;
  ListenAddress::Kind kind;  ///< what it was asked for as
  std::string address;       ///< "0.0.0.0:7777", "unix:/run/triloop.sock"
  std::uint16_t port;        ///< 0: not TCP
  bool speaks_tls;
  std::unique_ptr<SocketFile> file;  ///< goes before the descriptor does: nobody finds it closed
};

using ListeningSockets = std::vector<ListeningSocket>;

/// At all TCP addresses; with sockets of `legacy` where it has some, here and below, and null if
/// there is none. With port 0 the first of an entry takes a free port, and its others the
/// same. Blocks while a name is looked up. Throws std::system_error that says which cannot be had;
/// but an address that this machine does not have is left out with a warning if its name has
/// others.
///
/// A peer that vanishes without a word makes the operations of its socket fail after about
/// `dead_after`, here and below.
void listen_at_tcp(const std::vector<ListenAddress>& addresses,
                   std::chrono::milliseconds dead_after, Legacy* legacy, ListeningSockets& sockets);

/// At a path; a socket of `legacy` gets the mode and group of now, and its file is not its own yet.
/// Blocks for five seconds at most, while others listen in the same folder, and while a
/// group is looked up. Throws std::system_error, or std::invalid_argument for an unknown group.
ListeningSocket listen_at_path(const ListenAddress& wanted, Legacy* legacy);

/// A socket that this process was started with. Throws std::system_error if it is none that
/// listens.
ListeningSocket adopt(int descriptor, std::chrono::milliseconds dead_after);

/// What listens there, with its address.
ListeningSocket listening(Descriptor descriptor, ListenAddress::Kind kind);

/// What the system has just said, in errno.
std::system_error system_error(const std::string& what);

}  // namespace triloop
