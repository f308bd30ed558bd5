/// The header with which a proxy says for whom it connects: HAProxy's PROXY protocol, versions 1
/// and 2 (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). No socket in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace triloop {

/// What is wrong with it.
enum class ProxyHeaderError {
  missing = 1,  ///< what came does not begin like one
  broken,       ///< it begins like one, and goes on differently
  too_long,     ///< longer than ProxyHeader::kMostBytes; a first version longer than 107
  cut_off,      ///< the stream ended in it
  too_slow,     ///< it was not complete at the deadline
};

/// In a category of its own, "PROXY"; the message is a line of the log.
std::error_code make_error_code(ProxyHeaderError error);

/// Parses one such header, in as many pieces as it comes, and never asks for a byte beyond it. For
/// one thread.
///
/// Version 1 is a line of text, "PROXY TCP4 192.0.2.1 203.0.113.1 56324 443\r\n", of at most 107
/// bytes; version 2 is binary, and says its length. Addresses and ports are taken strictly. Of
/// version 2 what stands behind the addresses (TLVs) is skipped, and not looked at.
class ProxyHeader {
 public:
  /// Of version 2, with its TLVs. Those that are in use, a name, an id and a client's certificate,
  /// take some hundreds; 64 KiB are allowed by the protocol, and would be memory for anybody.
  static constexpr std::size_t kMostBytes = 4096;

  /// How many bytes certainly still belong to it: receive no more than that, and give them to
  /// consume(). 0 once it is complete.
  std::size_t wants() const { return wants_; }

  /// Takes the next bytes, at most wants(). `error` if it can be none any more; then no more calls.
  void consume(std::string_view bytes, std::error_code& error);

  /// Who connects to the proxy, as a peer_address(). Empty if it does not say: it connects for
  /// itself, to see whether the server is there (LOCAL), does not know (UNKNOWN), or it is somebody
  /// with no address of IP (AF_UNIX). Once complete.
  const std::string& source() const { return source_; }

 private:
  void parse_text();
  void parse_binary();

  std::string received_;
  std::size_t wants_ = 15;  // of the shortest: "PROXY UNKNOWN\r\n"
  std::string source_;
};

}  // namespace triloop

template <>
struct std::is_error_code_enum<triloop::ProxyHeaderError> : std::true_type {};
