/// One server takes over from another: both have the option Options::take_over with the same path.
///
///     new: connects to the path
///     old: sends its listening sockets and the path's own, with where each listens
///     new: listens with them; says "accepting" when it accepts
///     old: accepts no more, and drains
///
/// Up to that word the old one goes on as ever, and one that hears the end of the stream instead
/// goes on, too: at each moment there is one that accepts. See docs/decisions/0018-taking-over.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/socket.h"
#include "server/epoll_set.h"
#include "server/listening_socket.h"

namespace triloop {

/// What the running server has handed over to this one. One thread.
class Legacy {
 public:
  /// Asks for it at `path`. Blocks for five seconds at most to connect, and as long again for the
  /// answer; freed by the other side. Throws
  /// std::system_error if somebody is there who does not hand anything over. nullptr: nobody is.
  static std::unique_ptr<Legacy> ask(const std::string& path);

  /// What listens at that address; with `any_port` its port may be another one. Each once.
  std::optional<ListeningSocket> take(const std::string& address, bool any_port);
  /// What listens at the path itself.
  Descriptor take_path();
  /// Where nobody wanted to listen.
  std::vector<std::string> left() const;

  /// This server accepts: the other one may go. Never blocks.
  void accepting();

 private:
  explicit Legacy(Descriptor connection) : connection_(std::move(connection)) {}
  void receive(const std::string& path);

  Descriptor connection_;
  std::vector<std::unique_ptr<ListeningSocket>> sockets_;  // the path's first; null once taken
};

/// The other side: whoever asks at the path gets the sockets. Never blocks. One thread.
class Handover {
 public:
  /// Listens there, with the socket of `legacy` if there is one. Throws as listen_at_path().
  Handover(const std::string& path, Legacy* legacy);

  /// The path's file is this server's from now on: it goes with it.
  void own_path();
  /// It is somebody else's.
  void leave_path();

  /// Readable while there is something to go on with.
  int descriptor() const { return readable_.descriptor(); }

  /// Goes on with whoever asks, as far as it can. True once another process accepts with `sockets`.
  bool go_on(const ListeningSockets& sockets);

  /// Somebody has the sockets, and may accept, now or soon.
  bool has_given() const { return successor_ != nullptr; }

 private:
  void give(int to, const ListeningSockets& sockets);
  bool hear();

  ListeningSocket path_;
  const std::string name_;
  EpollSet readable_;
  std::unique_ptr<Descriptor> successor_;  // has the sockets; null: nobody
};

}  // namespace triloop
