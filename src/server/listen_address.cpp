#include "server/listen_address.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "net/number.h"
#include "net/unix_address.h"
#include "triloop/options.h"

namespace triloop {
namespace {

constexpr std::string_view kForms =
    "tcp:HOST:PORT, tls:HOST:PORT, unix:PATH[,mode=0660][,group=NAME] or fd:NUMBER";

[[noreturn]] void refuse(std::string_view entry, std::string_view why) {
  std::string text = "listen: '";
  text.append(entry).append("': ").append(why);
  throw std::invalid_argument(text);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// An address of IPv6 has colons, and so is in brackets: RFC 3986 section 3.2.2.
ListenAddress parse_tcp(std::string_view entry, std::string_view rest) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) refuse(entry, "a host and a port are needed, HOST:PORT");
  std::string_view host = rest.substr(0, colon);
  const auto port = parse_number(rest.substr(colon + 1), 65535);
  if (!port) refuse(entry, "the port is no number from 0 to 65535");
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    refuse(entry, "an IPv6 address stands in brackets, [::1]:7777");
  }
  if (host.empty()) refuse(entry, "a host is needed, 0.0.0.0 for every IPv4 interface");
  ListenAddress address;
  address.hosts = {std::string(host)};
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

ListenAddress parse_unix(std::string_view entry, std::string_view rest) {
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  std::size_t comma = rest.find(',');
  address.path = std::string(rest.substr(0, comma));
  while (comma != std::string_view::npos) {
    rest.remove_prefix(comma + 1);
    comma = rest.find(',');
    std::string_view part = rest.substr(0, comma);
    if (take_prefix(part, "mode=")) {
      const auto mode = parse_number(part, 0777, 8);
      if (!mode) refuse(entry, "the mode is no octal number up to 0777");
      address.mode = *mode;
    } else if (take_prefix(part, "group=") && !part.empty()) {
      address.group = std::string(part);
    } else {
      refuse(entry, "behind the path only mode=0660 and group=NAME may stand");
    }
  }
  if (address.path.empty()) refuse(entry, "a path is needed");
  if (address.path.front() == '@') refuse(entry, "a socket has to be a file: no abstract name");
  if (address.path.back() == '/') refuse(entry, "that is a folder");
  if (address.path.size() > kMostUnixPathBytes) refuse(entry, "the path has more than 103 bytes");
  return address;
}

ListenAddress parse_descriptor(std::string_view entry, std::string_view rest) {
  constexpr unsigned kMost =
      1 << 20;  // as many as a process may have, by default: proc(5), nr_open
  const auto descriptor = parse_number(rest, kMost);
  if (!descriptor) refuse(entry, "that is no number of a descriptor");
  if (*descriptor < 3) refuse(entry, "0, 1 and 2 are standard input and output");
  ListenAddress address;
  address.kind = ListenAddress::Kind::descriptor;
  address.descriptor = static_cast<int>(*descriptor);
  return address;
}

// What no two entries may share. With port 0 each is another one.
bool is_the_same_place(const ListenAddress& one, const ListenAddress& other) {
  if (one.kind != other.kind) return false;
  if (one.kind == ListenAddress::Kind::tcp) {
    return one.hosts == other.hosts && one.port == other.port && one.port != 0;
  }
  return one.path == other.path && one.descriptor == other.descriptor;
}

bool speaks_tls(const std::vector<ListenAddress>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(),
                     [](const ListenAddress& each) { return each.speaks_tls; });
}

}  // namespace

bool ListenAddress::operator==(const ListenAddress& other) const {
  const auto all = [](const ListenAddress& one) {
    return std::tie(one.kind, one.hosts, one.port, one.speaks_tls, one.path, one.mode, one.group,
                    one.descriptor);
  };
  return all(*this) == all(other);
}

ListenAddress parse_listen_address(std::string_view entry) {
  std::string_view rest = entry;
  if (take_prefix(rest, "tcp:")) return parse_tcp(entry, rest);
  if (take_prefix(rest, "tls:")) {
    ListenAddress address = parse_tcp(entry, rest);
    address.speaks_tls = true;
    return address;
  }
  if (take_prefix(rest, "unix:")) return parse_unix(entry, rest);
  if (take_prefix(rest, "fd:")) return parse_descriptor(entry, rest);
  refuse(entry, std::string("it is none of ").append(kForms));
}

std::vector<ListenAddress> listen_addresses(const Options& options) {
  const bool with_tls = !options.tls.certificates.empty();
  std::vector<ListenAddress> all;
  for (const std::string& entry : options.listen) {
    ListenAddress address = parse_listen_address(entry);
    const bool twice = std::any_of(all.begin(), all.end(), [&](const ListenAddress& before) {
      return is_the_same_place(before, address);
    });
    if (twice) refuse(entry, "it is there twice");
    if (address.speaks_tls && !with_tls) refuse(entry, "TLS needs a certificate and its key");
    if (address.kind == ListenAddress::Kind::descriptor) address.speaks_tls = with_tls;
    all.push_back(std::move(address));
  }
  if (!all.empty()) {
    if (with_tls && !speaks_tls(all)) {
      throw std::invalid_argument("listen: a certificate is named, and no tls:HOST:PORT");
    }
    return all;
  }
  if (options.bind.empty()) throw std::invalid_argument("bind must have at least one address");
  ListenAddress everywhere;
  everywhere.hosts = options.bind;
  everywhere.port = options.port;
  everywhere.speaks_tls = with_tls;
  return {everywhere};
}

}  // namespace triloop
