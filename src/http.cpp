#include "http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <websocketpp/base64/base64.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/sha1/sha1.hpp>

#include "http_head.h"

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

bool wants_upgrade(const Request& request) {
  return list_contains(lower(request.header("Upgrade")), "websocket") &&
         list_contains(lower(request.header("Connection")), "upgrade");
}

// The proof that the server has read the key: section 4.2.2.
std::string accept_value(const std::string& key) {
  const std::string proof = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest;
  wspp::sha1::calc(proof.data(), proof.size(), digest.data());
  return wspp::base64_encode(digest.data(), digest.size());
}

// Not the library's own, which writes to a stream: out of memory, that would lose some of it and
// say nothing.
std::string response_head(int status, const HttpError::Headers& headers) {
  const auto code = static_cast<wspp::http::status_code::value>(status);
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " +
                     wspp::http::status_code::get_string(code) + "\r\n";
  for (const auto& [name, value] : headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "\r\n";
}

}  // namespace

struct RequestParser::Impl {
  bool take_head(Bytes& bytes);

  wspp::http::parser::request parser;
  std::string head;
  bool head_is_complete = false;
};

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

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {
  impl_->parser.set_max_body_size(kMaxIgnoredBodyBytes);
}
RequestParser::~RequestParser() = default;

bool RequestParser::consume(Bytes& bytes) {
  try {
    if (!impl_->head_is_complete) {
      if (!impl_->take_head(bytes)) return false;
      impl_->head_is_complete = true;
      check_head(impl_->head);
      impl_->parser.consume(impl_->head.data(), impl_->head.size());
    }
    if (!impl_->parser.ready()) bytes.skip(impl_->parser.consume(bytes.data, bytes.size));
  } catch (const wspp::http::exception& error) {
    throw HttpError(error.m_error_code, error.what());
  }
  return impl_->parser.ready();
}

Request RequestParser::request() const {
  const wspp::http::parser::request& parsed = impl_->parser;
  Request request;
  request.method = parsed.get_method();
  request.version = parsed.get_version();
  const std::string& target = parsed.get_uri();
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  request.headers.insert(parsed.get_headers().begin(), parsed.get_headers().end());
  return request;
}

std::string upgrade_response(const Request& request, const std::string& subprotocol,
                             const std::string& extensions) {
  if (request.method != "GET") throw HttpError(405, "an upgrade is a GET", {{"Allow", "GET"}});
  if (request.version != "HTTP/1.1") throw HttpError(400, "an upgrade needs HTTP/1.1");
  if (!request.header("Content-Length").empty()) throw HttpError(400, "an upgrade has no body");
  if (!wants_upgrade(request)) {
    throw HttpError(426, "this path speaks WebSocket only",
                    {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}});
  }
  if (request.header("Sec-WebSocket-Version") != "13") {
    throw HttpError(426, "only version 13 of WebSocket is spoken here",
                    {{"Sec-WebSocket-Version", "13"}});
  }
  // Section 4.1: the base64 form of 16 bytes.
  const std::string key = request.header("Sec-WebSocket-Key");
  if (key.size() != 24 || wspp::base64_decode(key).size() != 16) {
    throw HttpError(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  }
  HttpError::Headers headers = {{"Upgrade", "websocket"},
                                {"Connection", "Upgrade"},
                                {"Sec-WebSocket-Accept", accept_value(key)}};
  if (!subprotocol.empty()) headers.emplace_back("Sec-WebSocket-Protocol", subprotocol);
  if (!extensions.empty()) headers.emplace_back("Sec-WebSocket-Extensions", extensions);
  return response_head(101, headers);
}

std::string http_response(const Response& response, bool with_body) {
  HttpError::Headers headers = {{"Content-Type", response.content_type},
                                {"Content-Length", std::to_string(response.body.size())},
                                {"X-Content-Type-Options", "nosniff"}};
  headers.insert(headers.end(), response.headers.begin(), response.headers.end());
  const bool says_connection = std::any_of(
      headers.begin(), headers.end(), [](const auto& one) { return one.first == "Connection"; });
  if (!says_connection) headers.emplace_back("Connection", "close");
  return response_head(response.status, headers) + (with_body ? response.body : std::string());
}

}  // namespace triloop
