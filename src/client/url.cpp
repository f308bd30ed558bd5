#include "client/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "net/number.h"

namespace triloop {
namespace {

[[noreturn]] void refuse(const char* why) {
  throw std::invalid_argument(std::string("a URL looks like ws://localhost:7777/ws: ") + why);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool take_scheme(std::string_view scheme, std::string_view& rest) {
  if (rest.size() < scheme.size()) return false;
  const bool same = std::equal(scheme.begin(), scheme.end(), rest.begin(),
                               [](char a, char b) { return a == lower(b); });
  if (same) rest.remove_prefix(scheme.size());
  return same;
}

// RFC 3986 section 3.2.2, of which only what a host name can be: an international one comes as
// xn--.
bool is_name(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

// What stands in brackets. Its zone is this machine's matter, and not for the server (RFC 6874).
void take_ip6(std::string_view text, Url& url) {
  constexpr std::string_view kZone = "%25";
  const std::size_t zone = std::min(text.find(kZone), text.size());
  const std::string address(text.substr(0, zone));
  in6_addr ignored;
  if (::inet_pton(AF_INET6, address.c_str(), &ignored) != 1) refuse("that is no IPv6 address");
  url.host = address;
  url.authority = "[" + address + "]";
  if (zone == text.size()) return;
  const std::string_view name = text.substr(zone + kZone.size());
  if (!is_name(name)) refuse("that is no IPv6 zone");
  url.host.append("%").append(name);
}

void take_port(std::string_view text, Url& url) {
  const std::string_view usual = url.secure ? "443" : "80";
  url.port = text.empty() ? usual : text;
  if (parse_number(url.port, 65535).value_or(0) == 0) {
    refuse("a port is a number from 1 to 65535");
  }
  if (url.port != usual) url.authority += ":" + url.port;
}

void take_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    refuse("no user's name in it; an Authorization header is the place for that");
  }
  std::string_view rest;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) refuse("a bracket is not closed");
    take_ip6(authority.substr(1, end - 1), url);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    if (!is_name(authority.substr(0, end))) refuse("the host is none");
    url.host = url.authority = authority.substr(0, end);
    rest = authority.substr(end);
  }
  if (!rest.empty() && rest.front() != ':') refuse("the host is none");
  take_port(rest.empty() ? rest : rest.substr(1), url);
}

}  // namespace

Url parse_url(const std::string& text) {
  const auto is_visible = [](unsigned char c) { return c > ' ' && c < 0x7F; };
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    refuse("other characters than ASCII's visible ones are written as %20");
  }
  Url url;
  std::string_view rest = text;
  if (take_scheme("wss://", rest)) {
    url.secure = true;
  } else if (!take_scheme("ws://", rest)) {
    refuse("the scheme is ws or wss");
  }
  if (rest.find('#') != std::string_view::npos) refuse("it has no fragment");
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  take_authority(rest.substr(0, end), url);
  url.target = rest.substr(end);
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

}  // namespace triloop
