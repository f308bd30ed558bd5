#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "support/test_client.h"
#include "support/threads.h"

namespace triloop::testing {
namespace {

constexpr std::size_t kSlowBytes = 500;  // at each end
constexpr std::size_t kShown = 60;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

unsigned byte_of(char c) { return static_cast<unsigned char>(c); }

}  // namespace

const char* name_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::at_once:
      return "at once";
    case Delivery::byte_by_byte:
      return "byte by byte";
    case Delivery::early:
      return "with the handshake";
  }
  return "?";
}

Wire::Wire(std::uint16_t port) : stream_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int descriptor = stream_.descriptor();
  if (descriptor < 0) fail("socket");
  const timeval fail_safe{kFailSafe.count(), 0};
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &fail_safe, sizeof fail_safe);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &fail_safe, sizeof fail_safe);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
}

void Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = stream_.send(bytes);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Wire::send_byte_by_byte(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() > 2 * kSlowBytes) {
      for (const char& c : bytes.substr(0, kSlowBytes)) send({&c, 1});
      send(bytes.substr(kSlowBytes, bytes.size() - 2 * kSlowBytes));
      bytes.remove_prefix(bytes.size() - kSlowBytes);
    }
    send(bytes.substr(0, 1));
    bytes.remove_prefix(1);
  }
}

void Wire::end_stream() { stream_.shutdown_send(); }

bool Wire::receive_more() {
  std::array<char, 65536> buffer;
  const long size = stream_.receive(buffer.data(), buffer.size());
  if (size < 0) fail("recv");
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string Wire::head() {
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more()) return std::exchange(received_, "");
  }
  std::string head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  return head;
}

std::string Wire::up_to_close() {
  while (transcript(received_).close_codes.empty() && receive_more()) {
  }
  return std::exchange(received_, "");
}

std::string Wire::rest() {
  std::string bytes = up_to_close();
  if (!transcript(bytes).close_codes.empty()) {
    stream_.send(client_close(1000));  // may be too late: nobody waits for it then
  }
  while (receive_more()) {
  }
  return bytes + std::exchange(received_, "");
}

std::string quoted(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes.substr(0, kShown)) {
    if (c >= ' ' && c < 0x7F && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte_of(c) >> 4];
      out += kHex[byte_of(c) & 15];
    }
  }
  out += '"';
  if (bytes.size() <= kShown) return out;
  return out + "... of " + std::to_string(bytes.size()) + " bytes, hash " +
         std::to_string(std::hash<std::string_view>()(bytes));
}

Transcript transcript(std::string_view bytes) {
  Transcript seen;
  const auto fault = [&](const std::string& what) { seen.faults += what + "\n"; };
  while (bytes.size() >= 2) {
    if (!seen.close_codes.empty()) fault("a frame after Close");
    const unsigned first = byte_of(bytes[0]), second = byte_of(bytes[1]);
    const std::size_t more = second == 126 ? 2 : second == 127 ? 8 : 0;
    if ((second & 0x80) != 0 || bytes.size() < 2 + more) break;
    std::uint64_t size = more == 0 ? second : 0;
    for (const char c : bytes.substr(2, more)) size = size << 8 | byte_of(c);
    if ((more == 2 && size < 126) || (more == 8 && size < 65536)) fault("a length too long");
    bytes.remove_prefix(2 + more);
    if (bytes.size() < size) break;
    const std::string_view payload = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (first >= 0x88 && size > 125) fault("a control frame of " + std::to_string(size));
    if (first == 0x81) {
      seen.messages += "text " + quoted(payload) + "\n";
    } else if (first == 0x82) {
      seen.messages += "binary " + quoted(payload) + "\n";
    } else if (first == 0x8A) {
      seen.pongs += quoted(payload) + "\n";
    } else if (first == 0x88 && size != 1) {
      seen.close_codes.push_back(
          size == 0 ? 1005
                    : static_cast<std::uint16_t>(byte_of(payload[0]) << 8 | byte_of(payload[1])));
      if (size > 2) seen.close_reason = payload.substr(2);
    } else {
      fault("a frame that begins with " + std::to_string(first));
    }
  }
  if (!bytes.empty()) fault("no frame: " + quoted(bytes));
  return seen;
}

}  // namespace triloop::testing
