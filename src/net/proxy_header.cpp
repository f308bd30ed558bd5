#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "net/network.h"
#include "net/number.h"

namespace triloop {
namespace {

constexpr std::string_view kTextBegins = "PROXY ";
constexpr std::string_view kBinaryBegins("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMostText = 107;  // section 2.1
constexpr std::uint64_t kMostPort = 65535;
constexpr std::size_t kBinaryHead = 16;  // signature, version and command, family, length

// Version 2, section 2.2: the 13th and 14th byte.
enum Command : std::uint8_t { kLocal = 0x20, kProxy = 0x21 };
enum Family : std::uint8_t { kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21, kUnixStream = 0x31 };

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "PROXY"; }
  std::string message(int code) const override {
    constexpr std::array kMessages{
        "there is no PROXY header", "the PROXY header is broken", "the PROXY header is too long",
        "the stream ended in the PROXY header", "the PROXY header is too slow"};
    return kMessages.at(static_cast<std::size_t>(code) - 1);
  }
};

// Thrown by the parser, and caught where it is called.
struct Fault {
  ProxyHeaderError what;
};

bool begins_alike(std::string_view received, std::string_view beginning) {
  const std::size_t size = std::min(received.size(), beginning.size());
  return received.substr(0, size) == beginning.substr(0, size);
}

std::optional<IpAddress> parse_address(std::string_view text, bool ipv6) {
  if ((text.find(':') != std::string_view::npos) != ipv6) return {};
  return parse_ip(text);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

// Of version 2: the address as it is, and its port, `at` in the block.
std::string peer_at(std::string_view address, std::string_view block, std::size_t at) {
  IpAddress ip = *parse_ip("0.0.0.0");
  std::copy(address.rbegin(), address.rend(), ip.bytes.rbegin());
  return to_peer_address(ip, number_at(block, at));
}

}  // namespace

std::error_code make_error_code(ProxyHeaderError error) {
  static const Category category;
  return {static_cast<int>(error), category};
}

void ProxyHeader::consume(std::string_view bytes, std::error_code& error) {
  error.clear();
  received_.append(bytes);
  wants_ -= std::min(wants_, bytes.size());
  try {
    if (begins_alike(received_, kTextBegins)) {
      parse_text();
    } else if (begins_alike(received_, kBinaryBegins)) {
      parse_binary();
    } else {
      throw Fault{ProxyHeaderError::missing};
    }
  } catch (const Fault& fault) {
    error = fault.what;
  }
}

// A line, of which one can say only that its end is still missing: so the last bytes come two by
// two. It is once for a connection.
void ProxyHeader::parse_text() {
  if (wants_ > 0) return;
  const std::size_t end = received_.find('\r');
  if (end == std::string::npos || end + 1 == received_.size()) {
    wants_ = end == std::string::npos ? 2 : 1;
    if (received_.size() + wants_ > kMostText) throw Fault{ProxyHeaderError::too_long};
    return;
  }
  if (end + 2 != received_.size() || received_[end + 1] != '\n')
    throw Fault{ProxyHeaderError::broken};
  std::string_view line = std::string_view(received_).substr(kTextBegins.size());
  line.remove_suffix(2);
  const auto take_word = [&line]() -> std::string_view {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
  };
  // Behind UNKNOWN anything may stand, and is to be ignored.
  if (line == "UNKNOWN" || line.substr(0, 8) == "UNKNOWN ") return;
  const bool ends_in_space = line.empty() || line.back() == ' ';
  const std::string_view family = take_word();
  const bool ipv6 = family == "TCP6";
  const auto source = parse_address(take_word(), ipv6);
  const auto destination = parse_address(take_word(), ipv6);
  const auto port = parse_short_number(take_word(), kMostPort);
  const auto other_port = parse_short_number(take_word(), kMostPort);
  if ((!ipv6 && family != "TCP4") || !source || !destination || !port || !other_port ||
      !line.empty() || ends_in_space) {
    throw Fault{ProxyHeaderError::broken};
  }
  source_ = to_peer_address(*source, port);
}

void ProxyHeader::parse_binary() {
  if (wants_ > 0) return;
  if (received_.size() < kBinaryHead) {
    wants_ = kBinaryHead - received_.size();
    return;
  }
  const std::string_view header = received_;
  const auto command = static_cast<std::uint8_t>(header[12]);
  const auto family = static_cast<std::uint8_t>(header[13]);
  const std::size_t length = number_at(header, 14);
  if (command != kLocal && command != kProxy) throw Fault{ProxyHeaderError::broken};
  if (kBinaryHead + length > kMostBytes) throw Fault{ProxyHeaderError::too_long};
  // Said by the head alone, so that a broken one is not waited for. Of LOCAL nothing else counts.
  if (command == kProxy) {
    const std::size_t addresses = family == kTcp4          ? 12
                                  : family == kTcp6        ? 36
                                  : family == kUnixStream  ? 216
                                  : family == kUnspecified ? 0
                                                           : SIZE_MAX;
    if (length < addresses) throw Fault{ProxyHeaderError::broken};
  }
  wants_ = kBinaryHead + length - received_.size();
  if (wants_ > 0 || command == kLocal) return;
  const std::string_view block = header.substr(kBinaryHead);
  if (family == kTcp4) source_ = peer_at(block.substr(0, 4), block, 8);
  if (family == kTcp6) source_ = peer_at(block.substr(0, 16), block, 32);
}

}  // namespace triloop
