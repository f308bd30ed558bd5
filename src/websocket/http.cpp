#include "websocket/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <string_view>
#include <websocketpp/base64/base64.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/sha1/sha1.hpp>

#include "websocket/http_head.h"
#include "websocket/http_text.h"

namespace triloop {
namespace {

namespace wspp = websocketpp;

// Browsers send less than 1 KiB, and cookies up to 4 KiB. The parser's own limit is the same.
constexpr std::size_t kMaxHeadBytes = 16'000;

constexpr std::string_view kEndOfHead = "\r\n\r\n";

// No page takes a body. One that is short is read and ignored, so that the answer can be 405 and
// not a reset; a longer one gets 413.
constexpr std::size_t kMaxIgnoredBodyBytes = 64 * 1024;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Not even an empty body: "0" is none.
bool has_body(const Request& request) {
  return request.header("Content-Length").find_first_not_of('0') != std::string::npos;
}

// What a request lacks of the two headers that ask for an upgrade; nullptr if it has them.
const char* missing_for_upgrade(const Request& request) {
  const bool upgrade = list_contains(lower(request.header("Upgrade")), "websocket");
  const bool connection = list_contains(lower(request.header("Connection")), "upgrade");
  if (upgrade && connection) return nullptr;
  if (upgrade) return "Upgrade: websocket without Connection: Upgrade";
  if (connection) return "Connection: Upgrade without Upgrade: websocket";
  return "this path speaks WebSocket only";
}

// The library's own are of 2012: RFC 7538 section 3, RFC 7540 section 9.1.2, RFC 4918 section 11,
// RFC 8470 section 5.2, RFC 7725 section 3.
std::string reason_phrase(int status) {
  switch (status) {
    case 308:
      return "Permanent Redirect";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Entity";
    case 425:
      return "Too Early";
    case 451:
      return "Unavailable For Legal Reasons";
    default:
      return wspp::http::status_code::get_string(
          static_cast<wspp::http::status_code::value>(status));
  }
}

// Not the library's own, which writes to a stream: out of memory, that would lose some of it and
// say nothing.
std::string response_head(int status, const HttpError::Headers& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
  for (const auto& [name, value] : headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "\r\n";
}

}  // namespace

std::string accept_value(const std::string& key) {
  const std::string proof = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest;
  wspp::sha1::calc(proof.data(), proof.size(), digest.data());
  return wspp::base64_encode(digest.data(), digest.size());
}

struct RequestParser::Impl {
  // A copy of the headers, and memory that the reader's thread keeps when the original is freed,
  // would stay with each connection.
  struct Parser : wspp::http::parser::request {
    wspp::http::parser::header_list& headers() { return m_headers; }
  };

  void skip_empty_line(Bytes& bytes);
  bool take_head(Bytes& bytes);
  void parse_head();

  Parser parser;
  std::string head;
  std::size_t skipped = 0;  // bytes of an empty line before the head
  bool head_is_complete = false;
  bool has_host = true;
};

// One, that some client sends behind what it sent before: section 3.5.
void RequestParser::Impl::skip_empty_line(Bytes& bytes) {
  constexpr std::string_view kEmptyLine = "\r\n";
  while (skipped < kEmptyLine.size() && bytes.size > 0 && *bytes.data == kEmptyLine[skipped]) {
    bytes.skip(1);
    ++skipped;
  }
  if (bytes.size == 0) return;
  if (skipped == 1) throw HttpError(400, "a line ends with CR and LF");
  skipped = kEmptyLine.size();
}

// Moves bytes to `head` until the empty line is there. The parser gets the head in one piece,
// because it counts a head larger the more pieces it comes in.
bool RequestParser::Impl::take_head(Bytes& bytes) {
  const std::size_t old_size = head.size();
  head.append(bytes.data, bytes.size);
  const std::size_t overlap = std::min(old_size, kEndOfHead.size() - 1);
  const std::size_t end = head.find(kEndOfHead, old_size - overlap);
  if (std::min(end, head.size()) > kMaxHeadBytes) throw HttpError(431, "the head is too large");
  if (end == std::string::npos) {
    bytes.skip(bytes.size);
    return false;
  }
  head.resize(end + kEndOfHead.size());
  bytes.skip(head.size() - old_size);
  return true;
}

// websocketpp takes no request without a Host, of whatever version.
void RequestParser::Impl::parse_head() {
  has_host = check_head(head);
  if (!has_host) head.insert(head.find("\r\n") + 2, "Host: none\r\n");
  parser.consume(head.data(), head.size());
}

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {
  impl_->parser.set_max_body_size(kMaxIgnoredBodyBytes);
}
RequestParser::~RequestParser() = default;

bool RequestParser::consume(Bytes& bytes) {
  try {
    if (!impl_->head_is_complete) {
      impl_->skip_empty_line(bytes);
      if (!impl_->take_head(bytes)) return false;
      impl_->head_is_complete = true;
      impl_->parse_head();
    }
    if (!impl_->parser.ready()) bytes.skip(impl_->parser.consume(bytes.data, bytes.size));
  } catch (const wspp::http::exception& error) {
    throw HttpError(error.m_error_code, error.what());
  }
  return impl_->parser.ready();
}

Request RequestParser::take_request() {
  Impl::Parser& parsed = impl_->parser;
  Request request;
  request.method = parsed.get_method();
  request.version = parsed.get_version();
  const Target target = parse_target(parsed.get_uri());
  const std::size_t mark = target.path.find('?');
  request.path = target.path.substr(0, mark);
  if (mark != std::string::npos) request.query = target.path.substr(mark + 1);
  request.headers.merge(parsed.headers());
  if (!impl_->has_host) request.headers.erase("Host");
  if (!target.authority.empty()) request.headers["Host"] = target.authority;  // section 5.4
  return request;
}

std::string RequestParser::method() const {
  return impl_->head.substr(0, impl_->head.find_first_of(" \r\n"));
}

void check_upgrade(const Request& request) {
  if (request.method != "GET") throw HttpError(405, "an upgrade is a GET", {{"Allow", "GET"}});
  if (request.version != "HTTP/1.1") throw HttpError(400, "an upgrade needs HTTP/1.1");
  if (has_body(request)) throw HttpError(400, "an upgrade has no body");
  // RFC 7231 section 6.5.15; and the stream ends behind this answer as behind any other.
  HttpError::Headers required = {{"Upgrade", "websocket"}, {"Connection", "Upgrade, close"}};
  const char* const missing = missing_for_upgrade(request);
  if (missing != nullptr) throw HttpError(426, missing, required);
  if (request.header("Sec-WebSocket-Version") != "13") {
    required.emplace_back("Sec-WebSocket-Version", "13");
    throw HttpError(426, "only version 13 of WebSocket is spoken here", required);
  }
  // Section 4.1: the base64 form of 16 bytes.
  const std::string key = request.header("Sec-WebSocket-Key");
  if (key.size() != 24 || wspp::base64_decode(key).size() != 16) {
    throw HttpError(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  }
}

std::string upgrade_response(const Request& request, const std::string& subprotocol,
                             const std::string& extensions, const HttpError::Headers& more) {
  check_upgrade(request);
  HttpError::Headers headers = {
      {"Upgrade", "websocket"},
      {"Connection", "Upgrade"},
      {"Sec-WebSocket-Accept", accept_value(request.header("Sec-WebSocket-Key"))}};
  if (!subprotocol.empty()) headers.emplace_back("Sec-WebSocket-Protocol", subprotocol);
  if (!extensions.empty()) headers.emplace_back("Sec-WebSocket-Extensions", extensions);
  headers.insert(headers.end(), more.begin(), more.end());
  return response_head(101, headers);
}

// Not strftime(), which speaks the language of the locale.
std::string http_date(std::time_t time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 64> date{};
  std::snprintf(date.data(), date.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return date.data();
}

void check_header_line(std::string_view name, std::string_view value) {
  if (!is_token(name)) throw std::invalid_argument("the name of a header is a token");
  if (has_control(value)) {
    throw std::invalid_argument("a control character in the header " + std::string(name));
  }
}

void check_header_lines(const Response& response) {
  check_header_line("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) check_header_line(name, value);
}

std::string http_response(const Response& response, bool with_body, std::time_t now) {
  check_header_lines(response);
  HttpError::Headers headers = {{"Content-Type", response.content_type},
                                {"Content-Length", std::to_string(response.body.size())},
                                {"X-Content-Type-Options", "nosniff"}};
  headers.insert(headers.end(), response.headers.begin(), response.headers.end());
  const auto add_if_missing = [&](const char* name, const std::string& value) {
    const bool is_there = std::any_of(headers.begin(), headers.end(),
                                      [&](const auto& one) { return one.first == name; });
    if (!is_there) headers.emplace_back(name, value);
  };
  add_if_missing("Date", http_date(now));
  add_if_missing("Connection", "close");
  return response_head(response.status, headers) + (with_body ? response.body : std::string());
}

}  // namespace triloop
