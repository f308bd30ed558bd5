// RFC 7230, as far as a WebSocket server needs it: request heads, and the status each gets.
#include "support/catch.h"
#include "table.h"
#include "websocket/http.h"

namespace triloop::testing {
namespace {

struct Answered {
  std::string name;
  std::string request;
  int status;             // 0: the stream ends without an answer
  std::string line = {};  // of the answer's head
};

std::string get(const std::string& target, const std::string& lines = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

std::string with_line(const std::string& request_line) {
  return request_line + "\r\nHost: localhost\r\n\r\n";
}

std::string many_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": y\r\n";
  return lines;
}

// The status, after a look at what every answer has: a length that is right.
int status_of(const std::string& head, const std::string& body) {
  if (head.empty()) return 0;
  const std::string length = "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  CHECK(head.find(length) != std::string::npos);
  CHECK(head.find("\r\nConnection: ") != std::string::npos);
  CHECK(head.find("close\r\n") != std::string::npos);
  CHECK(head.find("\r\nDate: ") != std::string::npos);
  CHECK(head.rfind("HTTP/1.1 ", 0) == 0);
  return std::stoi(head.substr(9));
}

void check_answers(const std::vector<Answered>& cases) {
  RunningServer server(obedient_echo, patient_server_options());
  for (const Answered& one : cases) {
    for (const bool slowly : {false, true}) {
      INFO(one.name << (slowly ? ", byte by byte" : ", at once"));
      Wire wire(server.port());
      if (slowly) {
        for (const char& c : one.request) wire.send({&c, 1});
      } else {
        wire.send(one.request);
      }
      const std::string head = wire.head();
      CHECK(status_of(head, wire.rest()) == one.status);
      if (!one.line.empty()) CHECK(head.find("\r\n" + one.line + "\r\n") != std::string::npos);
    }
  }
}

TEST_CASE("rfc 7230: a proper request gets its page", "[rfc]") {
  check_answers({
      {"the page", get("/"), 200, "Content-Type: text/html"},
      {"with a query", get("/?a=b"), 200},
      {"with an empty query", get("/?"), 200},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200},
      {"HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", 200},
      {"an absolute form", get("http://localhost/"), 200},
      {"an absolute form without a path", get("http://localhost"), 200},
      {"an empty line before it", "\r\n" + get("/"), 200},
      {"a name in any case", "GET / HTTP/1.1\r\nhOsT: a\r\n\r\n", 200},
      {"no space after the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", 200},
      {"spaces around a value", "GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n", 200},
      {"an empty value", get("/", "X-Empty:\r\n"), 200},
      {"a tab in a value", get("/", "X-Tab: a\tb\r\n"), 200},
      {"a value above ASCII", get("/", "X-High: \xc3\xa4\xff\r\n"), 200},
      {"a colon in a value", get("/", "X-Colon: a:b\r\n"), 200},
      {"a header twice", get("/", "Accept: a\r\nAccept: b\r\n"), 200},
      {"99 headers", get("/", many_lines(98)), 200},
      {"100 headers", get("/", many_lines(99)), 200},
      {"an empty body", get("/", "Content-Length: 0\r\n"), 200},
      {"a body that is ignored", get("/", "Content-Length: 5\r\n") + "hello", 200},
      {"a second request behind it is not read", get("/") + get("/nothing"), 200},
      {"a long value", get("/", "X-Long: " + std::string(4000, 'x') + "\r\n"), 200},
  });
}

// Here without a socket: the kernel joins bytes that were sent one by one if it is busy.
TEST_CASE("rfc 7230: a head of some size is taken however slowly it comes", "[rfc]") {
  for (const std::size_t size : {4000, 8000, 15'000}) {
    INFO(size);
    std::string request = get("/", "X-Long: " + std::string(size, 'x') + "\r\n");
    RequestParser parser;
    std::size_t taken = 0;
    bool complete = false;
    while (!complete && taken < request.size()) {
      Bytes byte{&request[taken++], 1};
      complete = parser.consume(byte);
    }
    CHECK(complete);
    CHECK(taken == request.size());
    CHECK(parser.take_request().header("X-Long").size() == size);
  }
}

TEST_CASE("rfc 7230: what asks for nothing here is told so", "[rfc]") {
  check_answers({
      {"no such path", get("/nothing"), 404},
      {"a path's case matters", get("/WS"), 404},
      {"a path below", get("/ws/"), 404},
      {"dots are not resolved", get("/../ws"), 404},
      {"an encoded path is not decoded", get("/%77s"), 404},
      {"two slashes", get("//"), 404},
      {"a page of another method", with_line("POST / HTTP/1.1"), 405, "Allow: GET, HEAD"},
      {"PUT", with_line("PUT / HTTP/1.1"), 405},
      {"DELETE", with_line("DELETE / HTTP/1.1"), 405},
      {"OPTIONS", with_line("OPTIONS / HTTP/1.1"), 405},
      {"a method's case matters", with_line("get / HTTP/1.1"), 405},
      {"a method that nobody knows", with_line("BREW / HTTP/1.1"), 405},
      {"a POST with a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 405},
      {"a POST to nothing", with_line("POST /nothing HTTP/1.1"), 404},
      {"a body too large", get("/", "Content-Length: 1000000\r\n"), 413},
      {"a body just too large", get("/", "Content-Length: 65537\r\n"), 413},
      {"a body beyond 64 bits", get("/", "Content-Length: 99999999999999999999999\r\n"), 413},
      {"101 headers", get("/", many_lines(100)), 431},
      {"1000 headers", get("/", many_lines(1000)), 431},
      {"a header too large", get("/", "X-Long: " + std::string(17'000, 'x') + "\r\n"), 431},
      {"a path too large", get("/" + std::string(17'000, 'x')), 431},
      {"a line without end", std::string(17'000, 'x'), 431},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"version 2.0", with_line("GET / HTTP/2.0"), 505},
      {"version 1.2", with_line("GET / HTTP/1.2"), 505},
      {"version 0.9", with_line("GET / HTTP/0.9"), 505},
      {"no version's name", with_line("GET / HTTP"), 505},
      {"a version in small letters", with_line("GET / http/1.1"), 505},
  });
}

TEST_CASE("rfc 7230: a head that is not strictly one is 400", "[rfc]") {
  const std::string zero("\0", 1);
  std::vector<Answered> cases = {
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"an empty head", "\r\n\r\n\r\n", 400},
      {"a Host of two words", "GET / HTTP/1.1\r\nHost: foo bar\r\n\r\n", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"two Hosts in one", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
      {"half a bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"no Host, but an absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"one word", "nonsense\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"a header without a colon", get("/", "nonsense\r\n"), 400},
      {"a zero in a value", get("/", "X: a" + zero + "b\r\n"), 400},
      {"a zero in the path", get("/" + zero), 400},
  };
  for (const char* line : {"GET  / HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET * HTTP/1.1",
                           "GET / / HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1", "GET http://a b/ HTTP/1.1",
                           "GET /a b HTTP/1.1", "GET /\ta HTTP/1.1", "GET /\x7f HTTP/1.1",
                           "G(T / HTTP/1.1", " GET / HTTP/1.1", "CONNECT a:80 HTTP/1.1"}) {
    cases.push_back({quoted(line), with_line(line), 400});
  }
  for (const char* line : {"Host: b",
                           "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
                           "Content-Length: 1x\r\n\r\nx",
                           "Content-Length: abc",
                           "Content-Length:",
                           "Content-Length: +0",
                           "Content-Length: 0x0",
                           "Content-Length: 0, 0",
                           "Content-Length: 0 0",
                           "Transfer-Encoding: chunked",
                           "Transfer-Encoding: identity",
                           "Transfer-Encoding:",
                           "Content-Length: 0\r\nTransfer-Encoding: chunked",
                           "X-Fold: a\r\n b: c",
                           "X-Fold: a\r\n\tb: c",
                           "X-Space : a",
                           ": nameless",
                           "X: a\nY: b",
                           "X: a\x01",
                           "X: a\x7f",
                           "X: a\rb",
                           "X\x01: a",
                           "Origin: a\r\nOrigin: b",
                           "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: a",
                           "Sec-WebSocket-Version: 13\r\nsec-websocket-version: 13"}) {
    cases.push_back({quoted(line), get("/", std::string(line) + "\r\n"), 400});
  }
  check_answers(cases);
}

TEST_CASE("rfc 7230: a head that breaks off gets no answer", "[rfc]") {
  RunningServer server(obedient_echo, patient_server_options());
  const std::string request = upgrade_request();
  for (std::size_t size = 0; size < request.size(); ++size) {
    INFO(size << " bytes");
    Wire wire(server.port());
    wire.send(request.substr(0, size));
    wire.end_stream();
    CHECK(wire.rest().empty());
  }
}

}  // namespace
}  // namespace triloop::testing
