/// Where to listen, as the options say it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triloop {

struct Options;

/// One entry of Options::listen, or all of Options::bind.
struct ListenAddress {
  enum class Kind {
    tcp,          ///< hosts and port
    unix_socket,  ///< path, mode and group
    descriptor,   ///< a socket that this process was started with
  };

  Kind kind = Kind::tcp;
  std::vector<std::string> hosts;  ///< addresses and names; with port 0 the free one is for all
  std::uint16_t port = 0;
  bool speaks_tls = false;  ///< whoever adopts a descriptor looks whether it is of TCP
  std::string path;
  std::optional<mode_t> mode;  ///< none: as the system makes it
  std::string group;           ///< a name or a number; empty: as the system makes it
  int descriptor = -1;

  bool operator==(const ListenAddress& other) const;
};

/// "tcp:[::1]:7777", "tls:0.0.0.0:443", "unix:/run/triloop.sock,mode=0660,group=www-data", "fd:3".
/// Looks nothing up. Throws std::invalid_argument that says what is wrong.
ListenAddress parse_listen_address(std::string_view entry);

/// All that the options name. Throws std::invalid_argument, also if that is nothing, or one twice.
std::vector<ListenAddress> listen_addresses(const Options& options);

}  // namespace triloop
