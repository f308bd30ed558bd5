#include "http_head.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "http.h"
#include "trim.h"

namespace triloop {
namespace {

// A browser sends about 20.
constexpr std::size_t kMaxHeaders = 100;

// What may stand in a request only once. Connection, Upgrade, Sec-WebSocket-Protocol and
// Sec-WebSocket-Extensions are lists, which may be spread over several lines.
constexpr std::array<const char*, 6> kOnce = {"host",
                                              "origin",
                                              "content-length",
                                              "transfer-encoding",
                                              "sec-websocket-key",
                                              "sec-websocket-version"};

[[noreturn]] void refuse(const char* why) { throw HttpError(400, why); }

std::string_view take_line(std::string_view& head) {
  const std::size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end + 2, head.size()));
  return line;
}

void check_characters(std::string_view line) {
  for (const char c : line) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (control && c != '\t') refuse("a control character");
  }
}

// METHOD SP target SP version: sections 3.1.1 and 5.3.1.
void check_request_line(std::string_view line) {
  const std::size_t target = line.find(' ') + 1;
  const std::size_t end = line.rfind(' ');
  if (target == 0 || end <= target || line[target] != '/') refuse("the target is not a path");
  for (const char c : line.substr(target, end - target)) {
    if (c <= ' ' || c == 0x7F) refuse("the target is not a path");
  }
  const std::string_view version = line.substr(end + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    throw HttpError(505, "only HTTP/1.1 is spoken here");
  }
}

void check_header(std::string_view line, std::set<std::string>& seen) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) refuse("a header without a name");
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    // Also the space that would fold this line into the last one, and the space before the colon.
    if (c == ' ' || c == '\t') refuse("white space in a header's name");
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const bool once = std::find(kOnce.begin(), kOnce.end(), name) != kOnce.end();
  if (!seen.insert(name).second && once) refuse("a header that may stand only once");
  if (name != "content-length") return;
  const std::string_view value = trim(line.substr(colon + 1));
  const bool number =
      !value.empty() &&
      std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!number) refuse("Content-Length is not a number");
}

}  // namespace

void check_head(std::string_view head) {
  const std::string_view request_line = take_line(head);
  check_characters(request_line);
  check_request_line(request_line);
  std::set<std::string> seen;
  std::size_t count = 0;
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    if (++count > kMaxHeaders) throw HttpError(431, "too many headers");
    check_characters(line);
    check_header(line, seen);
  }
  // Nothing here decodes chunks, so what follows could be taken for the next thing: section 3.3.3.
  if (seen.count("transfer-encoding") != 0) refuse("Transfer-Encoding is not supported");
}

}  // namespace triloop
