#include "websocket/http_head.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "websocket/http.h"
#include "websocket/http_text.h"

namespace triloop {
namespace {

// A browser sends about 20.
constexpr std::size_t kMaxHeaders = 100;

// What may stand in a request only once. Connection, Upgrade, Sec-WebSocket-Protocol and
// Sec-WebSocket-Extensions are lists, which may be spread over several lines.
constexpr std::array<std::string_view, 6> kOnce = {"Host",
                                                   "Origin",
                                                   "Content-Length",
                                                   "Transfer-Encoding",
                                                   "Sec-WebSocket-Key",
                                                   "Sec-WebSocket-Version"};

[[noreturn]] void refuse(const std::string& why) { throw HttpError(400, why); }

std::string_view take_line(std::string_view& head) {
  const std::size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end + 2, head.size()));
  return line;
}

void check_characters(std::string_view line) {
  if (has_control(line)) refuse("a control character");
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3986 section 3.2.2, without its comma: in a header that would be two hosts.
bool is_name(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+;=";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_ip6(std::string_view host) {
  in6_addr ignored;
  const std::size_t zone = std::min(host.find('%'), host.size());  // RFC 6874
  const std::string address(host.substr(0, zone));
  return ::inet_pton(AF_INET6, address.c_str(), &ignored) == 1 &&
         (zone == host.size() || is_name(host.substr(zone)));
}

// "localhost", "192.0.2.1:80", "[::1]:80"
void check_host(std::string_view authority) {
  const bool brackets = !authority.empty() && authority.front() == '[';
  const std::size_t end = std::min(authority.find(brackets ? ']' : ':'), authority.size());
  const std::string_view host = authority.substr(0, end);
  if (!(brackets ? is_ip6(host.substr(1)) : is_name(host))) refuse("Host is not a host");
  std::string_view rest = authority.substr(end);
  if (brackets) {
    if (rest.empty()) refuse("Host is not a host");
    rest.remove_prefix(1);
  }
  const bool port =
      rest.empty() || (rest.front() == ':' && std::all_of(rest.begin() + 1, rest.end(), is_digit));
  if (!port) refuse("Host has a port that is no number");
}

// METHOD SP target SP version: section 3.1.1. Returns the version.
std::string_view check_request_line(std::string_view line) {
  const std::size_t target = line.find(' ') + 1;
  const std::size_t end = line.rfind(' ');
  if (target == 0 || end <= target) refuse("the request line is not method, target and version");
  parse_target(line.substr(target, end - target));
  const std::string_view version = line.substr(end + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    throw HttpError(505, "only HTTP/1.1 is spoken here");
  }
  return version;
}

// Its place in kOnce; behind the last if it is not there.
std::size_t place_in_once(std::string_view name) {
  const auto same = [&](std::string_view one) { return is_same_name(one, name); };
  return static_cast<std::size_t>(std::find_if(kOnce.begin(), kOnce.end(), same) - kOnce.begin());
}

using Seen = std::bitset<kOnce.size()>;

void check_header(std::string_view line, Seen& seen) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) refuse("a header without a name");
  const std::string_view name = line.substr(0, colon);
  // Also the space that would fold this line into the last one, and the space before the colon.
  if (name.find_first_of(" \t") != std::string_view::npos) refuse("white space in a header's name");
  const std::size_t place = place_in_once(name);
  if (place < seen.size()) {
    if (seen[place]) refuse(std::string(kOnce[place]) + " may stand only once, and does twice");
    seen.set(place);
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (is_same_name(name, "Host")) check_host(value);
  const bool number = !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
  if (is_same_name(name, "Content-Length") && !number) refuse("Content-Length is not a number");
}

}  // namespace

Target parse_target(std::string_view target) {
  const auto is_visible = [](unsigned char c) { return c > ' ' && c < 0x7F; };
  if (!std::all_of(target.begin(), target.end(), is_visible)) refuse("the target is not a path");
  if (!target.empty() && target.front() == '/') return {{}, std::string(target)};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size()) continue;
    if (::strncasecmp(target.data(), scheme.data(), scheme.size()) != 0) continue;
    target.remove_prefix(scheme.size());
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    check_host(authority);
    const std::string path(target.substr(authority.size()));
    return {authority, path.empty() || path.front() != '/' ? '/' + path : path};
  }
  refuse("the target is not a path");
}

bool check_head(std::string_view head) {
  const std::string_view request_line = take_line(head);
  check_characters(request_line);
  const std::string_view version = check_request_line(request_line);
  Seen seen;
  std::size_t count = 0;
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    if (++count > kMaxHeaders) throw HttpError(431, "too many headers");
    check_characters(line);
    check_header(line, seen);
  }
  // Nothing here decodes chunks, so what follows could be taken for the next thing: section 3.3.3.
  if (seen[place_in_once("Transfer-Encoding")]) refuse("Transfer-Encoding is not supported");
  const bool has_host = seen[place_in_once("Host")];
  if (!has_host && version != "HTTP/1.0") refuse("there is no Host");
  return has_host;
}

}  // namespace triloop
