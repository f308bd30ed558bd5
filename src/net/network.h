/// Addresses of IP, and networks of them as an operator names them: "10.0.0.0/8".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triloop {

/// An address of IPv4 or IPv6. One of IPv4 is kept as IPv6 writes it, ::ffff:10.0.0.1 (RFC 4291
/// section 2.5.5.2), so that both spellings are the same address, however it came in.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_ipv4() const;
  /// fe80::/10 (RFC 4291 section 2.5.6): on one link only.
  bool is_link_local() const;
  friend bool operator==(const IpAddress& a, const IpAddress& b) { return a.bytes == b.bytes; }
  friend bool operator<(const IpAddress& a, const IpAddress& b) { return a.bytes < b.bytes; }
};

/// Exactly an address, as inet_pton(3) reads it: no zone, no leading zeros in IPv4, no brackets.
std::optional<IpAddress> parse_ip(std::string_view text);

/// Of a peer_address(), "127.0.0.1:52114", "[fe80::1%eth0]:52114", also without the port. nullopt
/// if it is none of IP, as that of a Unix socket.
std::optional<IpAddress> ip_of(std::string_view peer_address);

/// The other way round: "127.0.0.1:52114", "[::1]:52114"; without a port where none is known.
std::string to_peer_address(const IpAddress& address, std::optional<std::uint16_t> port);

/// Does such a peer come by a Unix socket? Its address says so, or is empty.
bool is_unix(std::string_view peer_address);

/// A set of networks, as an option names it. Constant once it is made; any thread may ask.
///
/// "10.0.0.0/8", "fd00::/8", an address alone, "0.0.0.0/0" for all of IPv4 and "::/0" for all of
/// IPv6 (RFC 4632, RFC 4291 section 2.3): none contains addresses of the other family. "unix" is
/// whoever comes by a Unix socket.
class Networks {
 public:
  Networks() = default;
  /// Throws std::invalid_argument that begins with `name` for an entry that is none of these, or
  /// has bits set behind its length: 10.1.2.3/8 is a mistake of which nobody knows what was meant.
  Networks(const std::vector<std::string>& entries, const std::string& name);

  bool empty() const { return networks_.empty() && !unix_; }
  /// Is the peer with this peer_address() in one of them?
  bool contains(std::string_view peer_address) const;
  bool contains(const IpAddress& address) const;

 private:
  struct Network {
    IpAddress base;
    std::size_t length;  // bits, of the 128

    bool contains(const IpAddress& address) const;
  };

  static std::optional<Network> parse(std::string_view entry);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace triloop
