/// Why a server did not become a connection's other end.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "triloop/export.h"
#include "triloop/request.h"

namespace triloop {

/// The server has answered, and not with what a WebSocket begins with (RFC 6455 section 4.1): a
/// refusal, with its status, or no proper answer, with what is wrong. What stands in the way before
/// an answer comes is a std::system_error. Immutable: any thread.
class TRILOOP_EXPORT ConnectError : public std::runtime_error {
 public:
  /// What is wrong with an answer.
  explicit ConnectError(const std::string& what) : std::runtime_error(what) {}
  /// A refusal.
  ConnectError(int status, Request::Headers headers, std::string body)
      : std::runtime_error("the server answered " + std::to_string(status)),
        status_(status),
        headers_(std::move(headers)),
        body_(std::move(body)) {}

  /// The status of a refusal: 401; 0 of an answer that is none. No redirect is followed: 301.
  int status() const { return status_; }
  /// Of a refusal.
  const Request::Headers& headers() const { return headers_; }
  /// Of a refusal: the first KiB of what came with it within a second.
  const std::string& body() const { return body_; }

 private:
  int status_ = 0;
  Request::Headers headers_;
  std::string body_;
};

/// Of a std::system_error: is it that the server's certificate is not believed? It will not be the
/// next time either.
inline bool is_certificate_error(const std::error_code& error) {
  return std::string_view(error.category().name()) == "certificate";
}

}  // namespace triloop
