// Asio looks names up, and writes addresses; what listens is a descriptor of ours.
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cerrno>
#include <utility>

#include "net/address_text.h"
#include "net/tcp_options.h"
#include "server/listening_socket.h"
#include "server/succession.h"

namespace triloop {
namespace {

using asio::ip::tcp;

// A port that is free at one address may be taken at the next. It rarely is.
constexpr int kMoreAttempts = 9;

// Asio's codes for what the system says compare equal to no std::errc; their numbers are errno's.
std::error_code portable(const std::error_code& code) {
  const bool system = code.category() == asio::error::get_system_category();
  return system ? std::error_code(code.value(), std::generic_category()) : code;
}

std::system_error cannot_listen(const std::system_error& error, const std::string& where,
                                std::uint16_t port) {
  return {portable(error.code()), "cannot listen on " + where + " port " + std::to_string(port)};
}

// As ::1 is missing in a container without IPv6.
bool machine_has_no_such_address(const std::system_error& error) {
  return error.code() == std::errc::address_not_available ||
         error.code() == std::errc::address_family_not_supported;
}

// A host of an entry, and all that it stands for.
struct Host {
  std::string name;
  std::vector<tcp::endpoint> endpoints;
};

// An entry: its hosts share the port.
struct Entry {
  std::uint16_t port;
  bool speaks_tls;
  std::vector<Host> hosts;
};

Host look_up(const std::string& name, std::uint16_t port) {
  // RFC 6761 section 6.3. Many a file of hosts has only one of them.
  if (::strcasecmp(name.c_str(), "localhost") == 0) {
    return {name,
            {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}}};
  }
  Host host{name, {}};
  try {
    asio::io_context io;
    tcp::resolver resolver(io);
    const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
    for (const auto& entry : resolver.resolve(name, std::to_string(port), flags)) {
      host.endpoints.push_back(entry.endpoint());
    }
  } catch (const std::system_error& error) {
    throw cannot_listen(error, name, port);
  }
  return host;
}

std::vector<Entry> look_up(const std::vector<ListenAddress>& addresses) {
  std::vector<Entry> entries;
  for (const ListenAddress& address : addresses) {
    if (address.kind != ListenAddress::Kind::tcp) continue;
    entries.push_back({address.port, address.speaks_tls, {}});
    for (const std::string& host : address.hosts) {
      entries.back().hosts.push_back(look_up(host, address.port));
    }
  }
  return entries;
}

bool has_ipv4(const Entry& entry) {
  return std::any_of(entry.hosts.begin(), entry.hosts.end(), [](const Host& host) {
    return std::any_of(host.endpoints.begin(), host.endpoints.end(),
                       [](const tcp::endpoint& each) { return each.address().is_v4(); });
  });
}

// The wildcard of IPv6 takes the connections of IPv4, too, unless it has company that wants them.
bool leaves_ipv4(const Entry& entry, const std::vector<Entry>& entries) {
  return has_ipv4(entry) ||
         (entry.port != 0 && std::any_of(entries.begin(), entries.end(), [&](const Entry& other) {
            return other.port == entry.port && has_ipv4(other);
          }));
}

ListeningSocket listen_at(const tcp::endpoint& endpoint, bool ipv6_only,
                          std::chrono::milliseconds dead_after) {
  constexpr int kOn = 1;
  Descriptor descriptor(::socket(endpoint.protocol().family(),
                                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int number = descriptor.number();
  if (number < 0) throw system_error("socket");
  ::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  if (ipv6_only && endpoint.address().is_v6()) {
    ::setsockopt(number, IPPROTO_IPV6, IPV6_V6ONLY, &kOn, sizeof kOn);
  }
  if (::bind(number, endpoint.data(), static_cast<socklen_t>(endpoint.size())) < 0) {
    throw system_error("bind");
  }
  set_tcp_options(number, dead_after);
  if (::listen(number, SOMAXCONN) < 0) throw system_error("listen");
  return listening(std::move(descriptor), ListenAddress::Kind::tcp);
}

std::string text(const tcp::endpoint& endpoint) {
  sockaddr_storage address{};
  std::copy_n(reinterpret_cast<const char*>(endpoint.data()), endpoint.size(),
              reinterpret_cast<char*>(&address));
  return to_text(address, static_cast<socklen_t>(endpoint.size()));
}

// With TLS and without it is not the same: then it is bound twice, which the system refuses.
bool listens_at(const ListeningSockets& sockets, const std::string& address, bool with_tls) {
  return std::any_of(sockets.begin(), sockets.end(), [&](const ListeningSocket& each) {
    return each.address == address && each.speaks_tls == with_tls;
  });
}

ListeningSocket listen_at(const tcp::endpoint& endpoint, bool ipv6_only,
                          std::chrono::milliseconds dead_after, Legacy* legacy) {
  if (legacy != nullptr) {
    if (auto taken = legacy->take(text(endpoint), endpoint.port() == 0)) {
      set_tcp_options(taken->descriptor.number(), dead_after);
      return std::move(*taken);
    }
  }
  return listen_at(endpoint, ipv6_only, dead_after);
}

void listen_at(const Entry& entry, bool ipv6_only, std::chrono::milliseconds dead_after,
               Legacy* legacy, ListeningSockets& sockets) {
  std::uint16_t port = entry.port;
  std::vector<std::system_error> left_out;
  for (const Host& host : entry.hosts) {
    bool listens = false;
    for (tcp::endpoint endpoint : host.endpoints) {
      endpoint.port(port);
      try {
        if (!listens_at(sockets, text(endpoint), entry.speaks_tls)) {
          sockets.push_back(listen_at(endpoint, ipv6_only, dead_after, legacy));
          sockets.back().speaks_tls = entry.speaks_tls;
          port = sockets.back().port;
        }
        listens = true;
      } catch (const std::system_error& error) {
        const std::string address = endpoint.address().to_string();
        const bool literal = address == host.name;
        left_out.push_back(cannot_listen(
            error, literal ? address : host.name + " (" + address + ")", endpoint.port()));
        if (!machine_has_no_such_address(left_out.back())) throw std::system_error(left_out.back());
      }
    }
    if (!listens) throw std::system_error(left_out.back());
  }
  for (const auto& each : left_out) spdlog::warn("left out: {}", each.what());
}

}  // namespace

void listen_at_tcp(const std::vector<ListenAddress>& addresses,
                   std::chrono::milliseconds dead_after, Legacy* legacy,
                   ListeningSockets& sockets) {
  const std::vector<Entry> entries = look_up(addresses);
  for (const Entry& entry : entries) {
    const std::size_t before = sockets.size();
    for (int more_attempts = entry.port == 0 ? kMoreAttempts : 0;; --more_attempts) {
      try {
        listen_at(entry, leaves_ipv4(entry, entries), dead_after, legacy, sockets);
        break;
      } catch (const std::system_error& error) {
        if (more_attempts == 0 || error.code() != std::errc::address_in_use) throw;
        while (sockets.size() > before) sockets.pop_back();
      }
    }
  }
}

}  // namespace triloop
