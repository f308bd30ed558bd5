// Where a client goes.
#include "client/url.h"

#include <stdexcept>

#include "support/catch.h"

namespace triloop {
namespace {

struct Good {
  const char* text;
  bool secure;
  const char* host;
  const char* port;
  const char* authority;
  const char* target;
};

TEST_CASE("a URL has a host, a port, a path and a query", "[url]") {
  const Good table[] = {
      {"ws://localhost:7777/ws", false, "localhost", "7777", "localhost:7777", "/ws"},
      {"ws://localhost", false, "localhost", "80", "localhost", "/"},
      {"WS://localhost/", false, "localhost", "80", "localhost", "/"},
      {"ws://localhost:80/a", false, "localhost", "80", "localhost", "/a"},
      {"ws://localhost:/a", false, "localhost", "80", "localhost", "/a"},
      {"ws://localhost?a=b", false, "localhost", "80", "localhost", "/?a=b"},
      {"ws://h/a/b?c=d&e=%20", false, "h", "80", "h", "/a/b?c=d&e=%20"},
      {"ws://h/a@b:c", false, "h", "80", "h", "/a@b:c"},
      {"wss://example.org/ws", true, "example.org", "443", "example.org", "/ws"},
      {"wss://example.org:80/ws", true, "example.org", "80", "example.org:80", "/ws"},
      {"ws://192.0.2.1:1/", false, "192.0.2.1", "1", "192.0.2.1:1", "/"},
      {"ws://[::1]:7777/ws", false, "::1", "7777", "[::1]:7777", "/ws"},
      {"ws://[2001:db8::7]/", false, "2001:db8::7", "80", "[2001:db8::7]", "/"},
      {"ws://[fe80::1%25eth0]:65535/", false, "fe80::1%eth0", "65535", "[fe80::1]:65535", "/"},
  };
  for (const Good& one : table) {
    INFO(one.text);
    const Url url = parse_url(one.text);
    CHECK(url.secure == one.secure);
    CHECK(url.host == one.host);
    CHECK(url.port == one.port);
    CHECK(url.authority == one.authority);
    CHECK(url.target == one.target);
  }
}

TEST_CASE("what is no URL of a WebSocket is refused", "[url]") {
  for (const char* text : {"",
                           "localhost:7777/ws",
                           "http://localhost/",
                           "ws:/localhost/",
                           "ws://",
                           "ws:///ws",
                           "ws://:80/",
                           "ws://h:0/",
                           "ws://h:65536/",
                           "ws://h:+80/",
                           "ws://h:80x/",
                           "ws://h:http/",
                           "ws://h#part",
                           "ws://h/a#",
                           "ws://user@h/",
                           "ws://user:secret@h/",
                           "ws://[::1/",
                           "ws://[]/",
                           "ws://[1.2.3.4]/",
                           "ws://[::1]x/",
                           "ws://[::1%25]/",
                           "ws://::1/",
                           "ws://h h/",
                           "ws://h/a b",
                           "ws://h/\n",
                           "ws://h/\xc3\xa4",
                           "ws://\xc3\xa4/",
                           "ws://a,b/",
                           "ws://h\\x/"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_url(text), std::invalid_argument);
  }
}

}  // namespace
}  // namespace triloop
