#include "net/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <stdexcept>

#include "net/number.h"

namespace triloop {
namespace {

constexpr std::size_t kBits = 128;
constexpr std::size_t kMappedBits = 96;  // before the address in ::ffff:10.0.0.1
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Its `bit`, the first is 0.
bool is_set(const IpAddress& address, std::size_t bit) {
  return (address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

}  // namespace

bool IpAddress::is_ipv4() const {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

bool IpAddress::is_link_local() const { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }

std::optional<IpAddress> parse_ip(std::string_view text) {
  // inet_pton() stops at a zero byte, and would take what is before it.
  if (text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return {};
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kMapped.size()) != 1)
    return {};
  return address;
}

std::optional<IpAddress> ip_of(std::string_view peer_address) {
  if (!peer_address.empty() && peer_address.front() == '[') {
    const std::size_t end = std::min(peer_address.find_first_of("]%"), peer_address.size());
    return parse_ip(peer_address.substr(1, end - 1));
  }
  return parse_ip(peer_address.substr(0, peer_address.find(':')));
}

std::string to_peer_address(const IpAddress& address, std::optional<std::uint16_t> port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = address.is_ipv4();
  ::inet_ntop(ipv4 ? AF_INET : AF_INET6, address.bytes.data() + (ipv4 ? kMapped.size() : 0),
              text.data(), text.size());
  std::string peer = ipv4 ? text.data() : '[' + std::string(text.data()) + ']';
  if (port) peer += ':' + std::to_string(*port);
  return peer;
}

bool is_unix(std::string_view peer_address) {
  return peer_address.empty() || peer_address.substr(0, 4) == "unix";
}

bool Networks::Network::contains(const IpAddress& address) const {
  if (address.is_ipv4() != base.is_ipv4()) return false;
  const std::size_t whole = length / 8, rest = length % 8;
  return std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin()) &&
         (rest == 0 || (base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0);
}

std::optional<Networks::Network> Networks::parse(std::string_view entry) {
  const std::size_t slash = std::min(entry.find('/'), entry.size());
  const std::string_view text = entry.substr(0, slash);
  const std::optional<IpAddress> base = parse_ip(text);
  if (!base) return {};
  Network network{*base, kBits};
  const bool written_as_ipv4 = text.find(':') == std::string_view::npos;
  const std::size_t before = written_as_ipv4 ? kMappedBits : 0;
  if (slash != entry.size()) {
    const auto length = parse_short_number(entry.substr(slash + 1), kBits - before);
    if (!length) return {};
    network.length = before + *length;
  }
  for (std::size_t bit = network.length; bit < kBits; ++bit) {
    if (is_set(network.base, bit)) return {};
  }
  return network;
}

Networks::Networks(const std::vector<std::string>& entries, const std::string& name) {
  for (const std::string& entry : entries) {
    if (entry == "unix") {
      unix_ = true;
      continue;
    }
    const std::optional<Network> network = parse(entry);
    if (!network) {
      std::string what = name;
      what.append(": '").append(entry).append(
          "' is no network, as 10.0.0.0/8, fd00::/8, 192.0.2.1 or unix");
      throw std::invalid_argument(what);
    }
    networks_.push_back(*network);
  }
}

bool Networks::contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return network.contains(address); });
}

bool Networks::contains(std::string_view peer_address) const {
  if (empty()) return false;
  if (is_unix(peer_address)) return unix_;
  const std::optional<IpAddress> address = ip_of(peer_address);
  return address && contains(*address);
}

}  // namespace triloop
