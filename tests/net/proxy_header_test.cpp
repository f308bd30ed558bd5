#include "net/proxy_header.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "net/proxy_headers.h"
#include "support/catch.h"

namespace triloop {
namespace {

using testing::binary_header;
using testing::ipv4_block;
using testing::ipv6_block;

struct Parsed {
  std::error_code error;
  std::string source;
  std::size_t taken = 0;
};

// In pieces of at most `most` bytes, and never more than it wants.
Parsed parse(const std::string& bytes, std::size_t most = SIZE_MAX) {
  ProxyHeader header;
  Parsed parsed;
  while (header.wants() > 0 && !parsed.error && parsed.taken < bytes.size()) {
    const std::size_t size = std::min({header.wants(), most, bytes.size() - parsed.taken});
    header.consume(std::string_view(bytes).substr(parsed.taken, size), parsed.error);
    parsed.taken += size;
  }
  if (!parsed.error && header.wants() > 0) parsed.error = ProxyHeaderError::cut_off;
  parsed.source = header.source();
  return parsed;
}

struct Good {
  std::string header, source;
};

std::vector<Good> good_ones() {
  const std::string tlvs(
      "\x04\x00\x03"
      "abc\x01\x00\x08http/1.1",
      17);
  return {
      {"PROXY TCP4 203.0.113.9 192.0.2.1 51514 443\r\n", "203.0.113.9:51514"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"},
      {"PROXY TCP6 2001:db8::9 2001:db8::1 51514 443\r\n", "[2001:db8::9]:51514"},
      {"PROXY TCP6 2001:DB8:0:0::9 :: 1 1\r\n", "[2001:db8::9]:1"},
      {"PROXY TCP6 ::ffff:203.0.113.9 ::1 1 1\r\n", "203.0.113.9:1"},
      {"PROXY UNKNOWN\r\n", ""},
      {"PROXY UNKNOWN " + std::string(91, 'f') + "\r\n", ""},  // 107 bytes
      {"PROXY UNKNOWN a b c d e\r\n", ""},
      {binary_header(0x21, 0x11, ipv4_block()), "203.0.113.9:51514"},
      {binary_header(0x21, 0x11, ipv4_block() + tlvs), "203.0.113.9:51514"},
      {binary_header(0x21, 0x21, ipv6_block()), "[2001:db8::9]:51514"},
      {binary_header(0x21, 0x21, ipv6_block() + tlvs), "[2001:db8::9]:51514"},
      {binary_header(0x21, 0x31, std::string(216, 'p')), ""},
      {binary_header(0x21, 0x00, ""), ""},
      {binary_header(0x21, 0x00, "anything"), ""},
      {binary_header(0x20, 0x00, ""), ""},
      {binary_header(0x20, 0x11, ipv4_block()), ""},
      {binary_header(0x20, 0x77, "x"), ""},
      {binary_header(0x21, 0x11, ipv4_block() + std::string(4096 - 28, 't')), "203.0.113.9:51514"},
  };
}

TEST_CASE("a PROXY header says who connects, however it is cut, and is left behind to the byte",
          "[proxy_header]") {
  for (const auto& [header, source] : good_ones()) {
    for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{7}, SIZE_MAX}) {
      CAPTURE(header, most);
      const Parsed parsed = parse(header + "GET / HTTP/1.1\r\n", most);
      CHECK_FALSE(parsed.error);
      CHECK(parsed.source == source);
      CHECK(parsed.taken == header.size());
    }
  }
}

TEST_CASE("a part of a PROXY header is none yet, and no error", "[proxy_header]") {
  for (const auto& [header, source] : good_ones()) {
    for (std::size_t size = 1; size < std::min<std::size_t>(header.size(), 300); ++size) {
      CAPTURE(header, size);
      const Parsed parsed = parse(header.substr(0, size));
      CHECK(parsed.error == ProxyHeaderError::cut_off);
      CHECK(parsed.source.empty());
    }
  }
}

TEST_CASE("what begins like no PROXY header is none, at its first byte that differs",
          "[proxy_header]") {
  for (const std::string bytes :
       {"GET / HTTP/1.1\r\n\r\n", "proxy TCP4", "PROXX", "\x16\x03\x01", "\r\n\r\nG", " PROXY "}) {
    CAPTURE(bytes);
    CHECK(parse(bytes).error == ProxyHeaderError::missing);
    CHECK(parse(bytes, 1).error == ProxyHeaderError::missing);
  }
}

TEST_CASE("a PROXY header that is not exactly one is broken", "[proxy_header]") {
  const std::vector<std::string> bad{
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514 443\n\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514 443\r\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514 443 \r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514 443 x\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514\r\n",
      "PROXY TCP4  203.0.113.9 192.0.2.1 51514 443\r\n",
      "PROXY  TCP4 203.0.113.9 192.0.2.1 51514 443\r\n",
      "PROXY TCP4\t203.0.113.9 192.0.2.1 51514 443\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 051514 443\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 51514 65536\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 -1 443\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 +1 443\r\n",
      "PROXY TCP4 203.0.113.9 192.0.2.1 0x1 443\r\n",
      "PROXY TCP4 203.0.113.09 192.0.2.1 1 443\r\n",
      "PROXY TCP4 203.0.113.256 192.0.2.1 1 443\r\n",
      "PROXY TCP4 203.0.113 192.0.2.1 1 443\r\n",
      "PROXY TCP4 203.0.113.9 nonsense 1 443\r\n",
      "PROXY TCP4 ::1 ::1 1 443\r\n",
      "PROXY TCP6 203.0.113.9 192.0.2.1 1 443\r\n",
      "PROXY TCP6 2001:db8::9%eth0 ::1 1 443\r\n",
      "PROXY TCP6 [::1] ::1 1 443\r\n",
      "PROXY TCP4 203.0.113.9" + std::string(1, '\0') + " 192.0.2.1 1 443\r\n",
      "PROXY UDP4 203.0.113.9 192.0.2.1 51514 443\r\n",
      "PROXY UNKNOWNX\r\n",
      "PROXY \r\n        \r\n",
      binary_header(0x11, 0x11, ipv4_block()),                // another version
      binary_header(0x22, 0x11, ipv4_block()),                // another command
      binary_header(0x21, 0x12, ipv4_block()),                // a datagram
      binary_header(0x21, 0x41, ipv4_block()),                // no family
      binary_header(0x21, 0x11, ipv4_block().substr(0, 11)),  // too short for what it says
      binary_header(0x21, 0x21, ipv4_block()),
      binary_header(0x21, 0x31, ipv6_block()),
  };
  for (const std::string& header : bad) {
    for (const std::size_t most : {std::size_t{1}, std::size_t{5}, SIZE_MAX}) {
      CAPTURE(header, most);
      const Parsed parsed = parse(header + "GET / HTTP/1.1\r\n", most);
      CHECK(parsed.error == ProxyHeaderError::broken);
      CHECK(parsed.source.empty());
    }
  }
}

TEST_CASE("a PROXY header has no more than 107 bytes in version 1, and 4096 in version 2",
          "[proxy_header]") {
  const Parsed text = parse("PROXY UNKNOWN " + std::string(92, 'f') + "\r\n");
  CHECK(text.error == ProxyHeaderError::too_long);
  CHECK(text.taken <= 107);
  const Parsed endless = parse("PROXY UNKNOWN " + std::string(100'000, 'f'), 1);
  CHECK(endless.error == ProxyHeaderError::too_long);
  CHECK(endless.taken <= 107);
  const Parsed binary = parse(binary_header(0x21, 0x11, std::string(4096 - 15, 't')));
  CHECK(binary.error == ProxyHeaderError::too_long);
  CHECK(binary.taken == 16);
}

}  // namespace
}  // namespace triloop
