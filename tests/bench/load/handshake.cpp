#include "handshake.h"

#include <cstdlib>
#include <stdexcept>

namespace load {
namespace {

constexpr std::size_t kMostResponseBytes = 16 << 10;
// The key and its answer are the example of RFC 6455, section 1.3.
constexpr std::string_view kRequest =
    "GET /ws HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
// What browsers offer. What the generator compresses refers to no earlier message, whatever the
// server allows.
constexpr std::string_view kOffer =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

// A message of ours refers to nothing outside of itself, so a window that holds it will do.
void check_window(const Traffic& traffic, const std::string& head) {
  constexpr std::string_view kWindow = "client_max_window_bits=";
  constexpr unsigned long kMostBits = 15;
  const std::size_t at = head.find(kWindow);
  if (at == std::string::npos) return;
  const unsigned long bits = std::strtoul(head.c_str() + at + kWindow.size(), nullptr, 10);
  if (bits > kMostBits || std::size_t{1} << bits < traffic.payload_bytes()) {
    throw std::runtime_error("a window that is too small for the messages of this load");
  }
}

}  // namespace

std::string request_for(const Traffic& traffic) {
  std::string request(kRequest);
  if (traffic.is_compressed()) request += kOffer;
  return request + "\r\n";
}

std::optional<Agreed> take_response(const Traffic& traffic, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > kMostResponseBytes) throw std::runtime_error("an endless response");
    return std::nullopt;
  }
  const std::string head(bytes.substr(0, end));
  const auto has = [&head](std::string_view what) { return head.find(what) != std::string::npos; };
  if (head.rfind("HTTP/1.1 101", 0) != 0 || !has(kAccept)) {
    throw std::runtime_error("not upgraded: " + head.substr(0, head.find('\r')));
  }
  if (has("permessage-deflate") != traffic.is_compressed()) {
    throw std::runtime_error(traffic.is_compressed() ? "not upgraded: no permessage-deflate"
                                                     : "an extension that was not offered");
  }
  check_window(traffic, head);
  return Agreed{end + 4, !has("server_no_context_takeover")};
}

}  // namespace load
