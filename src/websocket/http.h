/// The half of the wall around websocketpp that speaks HTTP: RFC 7230, and RFC 6455 section 4. No
/// sockets and no threads in it.
#pragma once

#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "triloop/request.h"
#include "websocket/bytes.h"

namespace triloop {

/// A request that gets no more than an error status.
class HttpError : public std::runtime_error {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  HttpError(int status, const std::string& what, Headers headers = {})
      : std::runtime_error(what), status_(status), headers_(std::move(headers)) {}

  int status() const { return status_; }
  const Headers& headers() const { return headers_; }

 private:
  int status_;
  Headers headers_;
};

/// Parses one request head, in as many pieces as it comes. For one thread.
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();

  /// Takes what belongs to the request from the front of `bytes`. True once it is complete; bytes
  /// behind it are left. Throws HttpError (400, 413, 431, 505) on what is no proper request.
  bool consume(Bytes& bytes);

  /// Gives the request away. Only when consume() has returned true, and once.
  Request take_request();

  /// The first word of what has come so far, also when consume() has thrown.
  std::string method() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

/// The proof that the server has read the key, Sec-WebSocket-Accept: RFC 6455 section 4.2.2.
std::string accept_value(const std::string& key);

/// Throws HttpError (400, 405, 426) unless the request is a proper opening handshake.
void check_upgrade(const Request& request);

/// The bytes of the 101 answer, by which the upgrade is done, with a subprotocol that the request
/// offers, or none, the extensions agreed on, or none, and further header lines, which have been
/// checked. Throws as check_upgrade() does.
std::string upgrade_response(const Request& request, const std::string& subprotocol = {},
                             const std::string& extensions = {},
                             const HttpError::Headers& more = {});

/// Throws std::invalid_argument unless `name` is a token and `value` has no control character but
/// the tab: RFC 7230 section 3.2. A line's end in it would begin a header of its own, or a body.
void check_header_line(std::string_view name, std::string_view value);
/// The same for all that a response has.
void check_header_lines(const Response& response);

/// The bytes of any other answer, given at `now`. `with_body` false is the answer to HEAD: the same
/// header. Throws as check_header_lines() does.
std::string http_response(const Response& response, bool with_body, std::time_t now);

/// "Sun, 06 Nov 1994 08:49:37 GMT": RFC 7231 section 7.1.1.1.
std::string http_date(std::time_t time);

}  // namespace triloop
