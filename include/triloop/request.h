/// The HTTP request with which every connection begins, and the answer to one that is no upgrade.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "triloop/export.h"

namespace triloop {

/// A parsed HTTP request head (RFC 7230 section 3). Immutable once the connection is open.
struct Request {
  /// Orders header names without regard to case, RFC 7230 section 3.2.
  struct NameOrder {
    /// Does `a` come before `b`?
    TRILOOP_EXPORT bool operator()(const std::string& a, const std::string& b) const;
  };
  /// From name to value.
  using Headers = std::map<std::string, std::string, NameOrder>;

  std::string method;   ///< as sent: "GET"
  std::string path;     ///< the target up to the '?': "/ws"
  std::string rest;     ///< what stands for the `*` of a "/ws/*", undecoded; see Server::handle()
  std::string query;    ///< what follows the '?', undecoded; empty without one
  std::string version;  ///< "HTTP/1.1"
  Headers headers;      ///< repeated headers are joined by ", "
  /// Who sent it, as Connection::peer_address().
  std::string peer_address;
  /// The proxy that the connection itself comes from, if peer_address is what it says; else empty.
  /// See Options::proxy_protocol_from and forwarded_from.
  std::string passed_on_by{};
  /// Whose certificate the client has shown, as RFC 4514 writes names ("CN=alice,O=Example"), what
  /// is no ASCII in hexadecimal; empty without TlsOptions::client_ca_file.
  std::string client_certificate_subject{};

  /// The header's value; empty if it is not there.
  TRILOOP_EXPORT std::string header(const std::string& name) const;

  /// The value of `name=value` in the query, undecoded; empty if it is not there.
  TRILOOP_EXPORT std::string parameter(const std::string& name) const;
};

/// Is `item` one of the comma-separated values of a header (RFC 7230 section 7)?
TRILOOP_EXPORT bool list_contains(std::string_view list, std::string_view item);

/// The answer to a plain GET.
struct Response {
  std::string content_type = "text/plain; charset=utf-8";  ///< the Content-Type header
  std::string body;                                        ///< left out for HEAD
  /// Further header lines, name and value: {"Content-Security-Policy", "..."}.
  std::vector<std::pair<std::string, std::string>> headers{};
  int status = 200;  ///< RFC 7231 section 6
};

}  // namespace triloop
