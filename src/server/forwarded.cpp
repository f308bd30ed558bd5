#include "server/forwarded.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/number.h"
#include "websocket/http.h"
#include "websocket/http_text.h"

namespace triloop {
namespace {

[[noreturn]] void refuse(const char* why) { throw HttpError(400, why); }

// An entry of the list: of an address, or of somebody who has none.
struct Hop {
  std::optional<IpAddress> address;
  std::optional<std::uint16_t> port;
};

// RFC 7239 section 6.3: "_" and at least one of these.
bool is_hidden(std::string_view text) {
  constexpr std::string_view kSpecial = "._-";
  return text.size() > 1 && text.front() == '_' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kSpecial.find(c) != std::string_view::npos;
         });
}

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "unknown", "_hidden", "unknown:_port":
// section 6. X-Forwarded-For also has IPv6 without brackets, and then without a port.
Hop parse_node(std::string_view text, bool bare_ipv6) {
  if (bare_ipv6) {
    if (const auto address = parse_ip(text)) return {address, {}};
  }
  const bool brackets = !text.empty() && text.front() == '[';
  const std::size_t end = brackets ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) refuse("the proxy's header has a bracket that stays open");
  const std::string_view name = text.substr(brackets ? 1 : 0, end - (brackets ? 1 : 0));
  std::string_view rest = text.substr(brackets ? end + 1 : end);
  Hop hop;
  if (!rest.empty()) {
    if (rest.front() != ':') refuse("the proxy's header has something behind an address");
    rest.remove_prefix(1);
    if (rest.size() <= 5) hop.port = parse_number(rest, 65535);
    if (!hop.port && !is_hidden(rest)) refuse("the proxy's header has a port that is none");
  }
  hop.address = parse_ip(name);
  const bool ipv6 = name.find(':') != std::string_view::npos;
  if (hop.address && ipv6 == brackets) return hop;
  const bool nobody = !brackets && (is_hidden(name) || is_same_name(name, "unknown"));
  if (hop.address || !nobody) refuse("the proxy's header has an address that is none");
  return {};
}

// The value of a parameter, taken from the front of `text`, without its quotes.
std::string take_value(std::string_view& text) {
  std::string value;
  if (text.empty() || text.front() != '"') {
    const std::size_t end = std::min(text.find_first_of(";, \t"), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    if (!is_token(value)) refuse("Forwarded has a value that needs quotes");
    return value;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return value;
    }
    if (text[at] == '\\' && ++at == text.size()) break;
    value += text[at];
  }
  refuse("Forwarded has a quote that stays open");
}

// RFC 7239 section 4: elements with commas between them, parameters with semicolons. What `for`
// says in each, in order; "unknown" if nothing. Strict in the whole: a quote that a client left
// open would swallow what the proxy has added.
std::vector<std::string> parse_forwarded(std::string_view text) {
  std::vector<std::string> all(1);
  const auto skip_spaces = [&text] {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  };
  for (skip_spaces();; skip_spaces()) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos || !is_token(name)) {
      refuse("Forwarded is not of pairs, name=value");
    }
    text.remove_prefix(equals + 1);
    const std::string value = take_value(text);
    if (is_same_name(name, "for")) {
      if (!all.back().empty() || value.empty())
        refuse("Forwarded has a for that is empty, or two of them");
      all.back() = value;
    }
    skip_spaces();
    if (text.empty()) break;
    if (text.front() == ',') {
      all.emplace_back();
    } else if (text.front() != ';') {
      refuse("Forwarded has something behind a value");
    }
    text.remove_prefix(1);
  }
  for (std::string& node : all) {
    if (node.empty()) node = "unknown";
  }
  return all;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t comma = 0; comma != std::string_view::npos; text.remove_prefix(comma + 1)) {
    comma = text.find(',');
    all.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) break;
  }
  return all;
}

// From the right, up to the first that is not trusted; as said in the header. Without an address if
// nobody knows more than that the proxy asks.
Hop walk(const std::vector<std::string>& nodes, bool bare_ipv6, const Networks& trusted) {
  Hop last;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const Hop hop = parse_node(*node, bare_ipv6);
    if (!hop.address) break;
    last = hop;
    if (!trusted.contains(*hop.address)) break;
  }
  return last;
}

}  // namespace

void believe_forwarded(Request& request, const Networks& trusted) {
  if (!trusted.contains(request.peer_address)) return;
  const auto standard = request.headers.find("Forwarded");
  const auto older = request.headers.find("X-Forwarded-For");
  std::optional<Hop> peer;
  if (standard != request.headers.end()) {
    peer = walk(parse_forwarded(standard->second), /*bare_ipv6=*/false, trusted);
  }
  if (older != request.headers.end()) {
    const Hop other = walk(parse_list(older->second), /*bare_ipv6=*/true, trusted);
    if (peer && !(peer->address == other.address)) {
      refuse("Forwarded and X-Forwarded-For name different peers");
    }
    if (!peer || !peer->port) peer = other;
  }
  if (!peer) return;
  if (request.passed_on_by.empty()) request.passed_on_by = request.peer_address;
  if (peer->address) request.peer_address = to_peer_address(*peer->address, peer->port);
}

}  // namespace triloop
