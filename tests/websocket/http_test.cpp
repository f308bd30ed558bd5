#include "websocket/http.h"

#include <array>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using testing::upgrade_request;

// The request in `text`, given in pieces; and what was left behind it.
Request parse(std::string text, std::size_t piece, std::string* rest = nullptr) {
  RequestParser parser;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    Bytes bytes{text.data() + at, std::min(piece, text.size() - at)};
    if (!parser.consume(bytes)) continue;
    if (rest != nullptr) rest->assign(bytes.data, bytes.size);
    return parser.take_request();
  }
  throw std::runtime_error("incomplete");
}

int status_of(const std::string& text) {
  try {
    upgrade_response(parse(text, text.size()));
    return 101;
  } catch (const HttpError& error) {
    return error.status();
  }
}

TEST_CASE("a request is parsed however it is cut into pieces", "[http]") {
  const std::string text =
      "GET /ws?room=1&x= HTTP/1.1\r\nHost: a\r\nX-One:  two \r\nx-one: three\r\n\r\n";
  for (const std::size_t piece : {1, 2, 7, 1000}) {
    INFO("pieces of " << piece);
    const Request request = parse(text, piece);
    CHECK(request.method == "GET");
    CHECK(request.path == "/ws");
    CHECK(request.query == "room=1&x=");
    CHECK(request.version == "HTTP/1.1");
    CHECK(request.header("HOST") == "a");
    CHECK(request.header("X-One") == "two, three");
    CHECK(request.header("absent").empty());
  }
}

TEST_CASE("bytes behind the request are left", "[http]") {
  std::string rest;
  parse(upgrade_request() + "frames", 1000, &rest);
  CHECK(rest == "frames");
}

TEST_CASE("what is no HTTP request is 400, and a head too large 431", "[http]") {
  const auto fails_with = [](const std::string& text) {
    try {
      parse(text, text.size());
      return 0;
    } catch (const HttpError& error) {
      CHECK_FALSE(std::string(error.what()).empty());
      return error.status();
    }
  };
  CHECK(fails_with("nonsense\r\n\r\n") == 400);
  CHECK(fails_with("GET /\r\n\r\n") == 400);
  CHECK(fails_with("\r\n\r\n\r\n") == 400);
  CHECK(fails_with("GET / HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(fails_with("GET / HTTP/1.1\r\nno colon\r\n\r\n") == 400);
  CHECK(fails_with("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n") == 431);
  CHECK(fails_with("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n") == 413);
}

TEST_CASE("a head is as large as it is, in however many pieces it comes", "[http]") {
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  for (const std::size_t piece : {1, 1000, 100'000}) {
    CHECK(parse(line + std::string(15'000, 'x') + "\r\n\r\n", piece).header("x").size() == 15'000);
    CHECK_THROWS_AS(parse(line + std::string(17'000, 'x') + "\r\n\r\n", piece), HttpError);
    CHECK_THROWS_AS(parse(line + std::string(30'000, 'x'), piece), HttpError);
  }
}

TEST_CASE("a body is passed over, and bytes behind it are left", "[http]") {
  for (const std::size_t piece : {1, 5, 1000}) {
    std::string rest;
    parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nbodyxrest", piece, &rest);
    CHECK(std::string("rest").substr(0, rest.size()) == rest);
  }
}

TEST_CASE("a head that two programs could read differently is refused", "[http]") {
  const auto status = [](const std::string& head) {
    try {
      parse("GET / HTTP/1.1\r\nHost: a\r\n" + head + "\r\n", 1000);
      return 200;
    } catch (const HttpError& error) {
      return error.status();
    }
  };
  CHECK(status("") == 200);
  CHECK(status("Accept: a\r\nAccept: b\r\n") == 200);
  CHECK(status("Content-Length: 0\r\n") == 200);
  CHECK(status("X-Tab: a\tb\r\n") == 200);
  CHECK(status("X-Empty:\r\n") == 200);
  for (const char* head : {"Host: b\r\n",
                           "Content-Length: 1\r\nContent-Length: 1\r\n\r\nxx",
                           "Content-Length: abc\r\n",
                           "Content-Length: 1x\r\n\r\nx",
                           "Content-Length: -0\r\n",
                           "Content-Length:\r\n",
                           "Content-Length: 0, 0\r\n",
                           "Transfer-Encoding: chunked\r\n",
                           "Transfer-Encoding: identity\r\n",
                           "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
                           "X-Fold: a\r\n b: c\r\n",
                           "X-Space : a\r\n",
                           ": nameless\r\n",
                           "X: a\nY: b\r\n",
                           "X: a\x01\r\n",
                           "X: a\x7f\r\n",
                           "X: a\rb\r\n",
                           "Origin: a\r\nOrigin: b\r\n",
                           "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: a\r\n",
                           "Sec-WebSocket-Version: 13\r\nsec-websocket-version: 13\r\n"}) {
    INFO(head);
    CHECK(status(head) == 400);
  }
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  CHECK(status(many) == 431);
}

TEST_CASE("a request line that is not method, path and version is refused", "[http]") {
  const auto status = [](const std::string& line) {
    try {
      parse(line + "\r\nHost: a\r\n\r\n", 1000);
      return 200;
    } catch (const HttpError& error) {
      return error.status();
    }
  };
  CHECK(status("GET / HTTP/1.1") == 200);
  CHECK(status("GET /a?b=c%20d HTTP/1.0") == 200);
  for (const char* line :
       {"GET  / HTTP/1.1", "GET * HTTP/1.1", "GET / / HTTP/1.1", "GET /a b HTTP/1.1",
        "GET /\ta HTTP/1.1", "GET /\x7f HTTP/1.1", "GET /\x80 HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1",
        "GET /a?\xff HTTP/1.1", "GET http://a/\xc3\xa4 HTTP/1.1", "GET http:// HTTP/1.1",
        "GET http:///a HTTP/1.1", "GET http://u@a/ HTTP/1.1", "GET ftp://a/ HTTP/1.1",
        "GET http:a HTTP/1.1", "G(T / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 "}) {
    INFO(line);
    CHECK(status(line) == 400);
  }
  for (const char* line : {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / http/1.1"}) {
    INFO(line);
    CHECK(status(line) == 505);
  }
}

TEST_CASE("a target in absolute form has the path behind its host, and its host counts", "[http]") {
  for (const auto& [target, path, query, host] :
       {std::array{"http://a.example/ws", "/ws", "", "a.example"},
        std::array{"https://a:8443/ws?x=http://b/", "/ws", "x=http://b/", "a:8443"},
        std::array{"HTTP://[::1]:80/", "/", "", "[::1]:80"}, std::array{"http://a", "/", "", "a"},
        std::array{"http://a?b", "/", "b", "a"}}) {
    INFO(target);
    const Request request =
        parse("GET " + std::string(target) + " HTTP/1.1\r\nHost: other\r\n\r\n", 1000);
    CHECK(request.path == path);
    CHECK(request.query == query);
    CHECK(request.header("Host") == host);
  }
}

TEST_CASE("a Host that is no host is 400", "[http]") {
  const auto status = [](const std::string& host) {
    try {
      parse("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", 1000);
      return 200;
    } catch (const HttpError& error) {
      return error.status();
    }
  };
  for (const char* host :
       {"a", "a.example.org", "a_b-c:8080", "127.0.0.1", "a:", "[::1]", "[::1]:80",
        "[::ffff:127.0.0.1]", "[fe80::1%25eth0]:1", "x%20y", "a!$&'()*+;=~"}) {
    INFO(host);
    CHECK(status(host) == 200);
  }
  for (const char* host :
       {"",        "foo bar", "a/b",  "a,b", "a, b",   "[::1",          "::1", "[::1]x",
        "[::1]:x", "[a]",     "[]",   "[",   "[::1]]", "[fe80::1%a b]", ":80", "a:b",
        "a:80:80", "u@a",     "a\"b", "<a>", "a\\b",   "\xc3\xa4",      "a#b", "a?b"}) {
    INFO(host);
    CHECK(status(host) == 400);
  }
}

TEST_CASE("HTTP/1.0 needs no Host: load balancers ask so whether a server is there", "[http]") {
  const Request request = parse("GET /health HTTP/1.0\r\nX: y\r\n\r\n", 1000);
  CHECK(request.path == "/health");
  CHECK(request.version == "HTTP/1.0");
  CHECK(request.headers.count("Host") == 0);
  CHECK(request.header("X") == "y");
}

TEST_CASE("one empty line before a request is skipped, but no half of one", "[http]") {
  for (const std::size_t piece : {1, 2, 1000}) {
    std::string rest;
    CHECK(parse("\r\n" + upgrade_request() + "x", piece, &rest).path == "/ws");
    CHECK(std::string("x").substr(0, rest.size()) == rest);
    for (const char* before : {"\r", "\n", "\r\n\r\n"}) {
      CHECK_THROWS_AS(parse(before + upgrade_request(), piece), HttpError);
    }
  }
}

TEST_CASE("the method is known also of a request that is refused", "[http]") {
  for (const std::string text :
       {"HEAD / HTTP/2.0\r\n\r\n", "HEAD /a b HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"}) {
    INFO(text);
    RequestParser parser;
    std::string bytes = text;
    Bytes all{bytes.data(), bytes.size()};
    CHECK_THROWS_AS(parser.consume(all), HttpError);
    CHECK(parser.method() == "HEAD");
  }
}

TEST_CASE("the upgrade is accepted with the key of RFC 6455 section 1.3", "[http]") {
  const std::string response = upgrade_response(parse(upgrade_request(), 1000));
  CHECK(response.rfind("HTTP/1.1 101 Switching Protocols\r\n", 0) == 0);
  CHECK(response.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
        std::string::npos);
  CHECK(response.substr(response.size() - 4) == "\r\n\r\n");
}

TEST_CASE("the tokens of Upgrade and Connection know no case and may stand in a list", "[http]") {
  std::string text = upgrade_request();
  text.replace(text.find("Upgrade: websocket"), 18, "Upgrade: foo,  WebSocket");
  text.replace(text.find("Connection: Upgrade"), 19, "Connection: keep-alive, UPGRADE");
  CHECK(status_of(text) == 101);
  text.replace(text.find("WebSocket"), 9, "xwebsocketx");
  CHECK(status_of(text) == 426);
}

TEST_CASE("a handshake that is not right is refused", "[http]") {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = upgrade_request();
    text.replace(text.find(from), from.size(), to);
    return status_of(text);
  };
  CHECK(with("Host: localhost\r\n", "Host: localhost\r\nContent-Length: 0\r\n") == 101);
  CHECK(with("Host: localhost\r\n", "Host: localhost\r\nContent-Length: 00\r\n") == 101);
  CHECK(with("GET", "POST") == 405);
  CHECK(with("HTTP/1.1", "HTTP/1.0") == 400);
  CHECK(with("Upgrade: websocket\r\n", "") == 426);
  CHECK(with("Connection: Upgrade\r\n", "") == 426);
  CHECK(with("Version: 13", "Version: 8") == 426);
  CHECK(with("Sec-WebSocket-Version: 13\r\n", "") == 426);
  CHECK(with("dGhlIHNhbXBsZSBub25jZQ==", "short") == 400);
  CHECK(with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "") == 400);
}

TEST_CASE("426 says what is needed instead, and that the stream ends", "[http]") {
  const auto answer_to = [](const std::string& text) {
    try {
      upgrade_response(parse(text, 1000));
    } catch (const HttpError& error) {
      return http_response({"", "", error.headers(), error.status()}, true, 0);
    }
    return std::string();
  };
  std::string wrong_version = upgrade_request();
  wrong_version.replace(wrong_version.find("Version: 13"), 11, "Version: 8");
  for (const std::string& answer :
       {answer_to(wrong_version), answer_to("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n")}) {
    INFO(answer);
    CHECK(answer.rfind("HTTP/1.1 426 ", 0) == 0);
    CHECK(answer.find("\r\nUpgrade: websocket\r\n") != std::string::npos);
    CHECK(answer.find("\r\nConnection: Upgrade, close\r\n") != std::string::npos);
  }
  CHECK(answer_to(wrong_version).find("\r\nSec-WebSocket-Version: 13\r\n") != std::string::npos);
}

TEST_CASE("a date is written as HTTP writes it, in every year", "[http]") {
  CHECK(http_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 7231 section 7.1.1.1
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(1'709'208'000) == "Thu, 29 Feb 2024 12:00:00 GMT");
  CHECK(http_date(4'102'444'799) == "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST_CASE("an answer says when it was given, unless a page has said so", "[http]") {
  const std::string answer = http_response({"a", "b"}, true, 784'111'777);
  CHECK(answer.find("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != std::string::npos);
  const std::string own = http_response({"a", "b", {{"Date", "yesterday"}}}, true, 0);
  CHECK(own.find("\r\nDate: yesterday\r\n") != std::string::npos);
  CHECK(own.find("1970") == std::string::npos);
}

TEST_CASE("a header that would begin a line of its own is refused", "[http]") {
  CHECK_NOTHROW(http_response({"a", "b", {{"X-Tab", "a\tb"}, {"X-Latin", "\xe9"}}}, true, 0));
  for (const char* value : {"a\r\nX-Evil: yes", "a\n", "\r", "\x1b", "\x7f"}) {
    CHECK_THROWS_AS(http_response({"a", "b", {{"X-Good", value}}}, true, 0), std::invalid_argument);
    CHECK_THROWS_AS(http_response({value, "b"}, true, 0), std::invalid_argument);
  }
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xe9", "(a)"}) {
    CHECK_THROWS_AS(http_response({"a", "b", {{name, "c"}}}, true, 0), std::invalid_argument);
  }
}

TEST_CASE("further lines of a 101 stand behind the handshake's own, in their order", "[http]") {
  const std::string response = upgrade_response(parse(upgrade_request(), 1000), "chat", "",
                                                {{"Set-Cookie", "a"}, {"Set-Cookie", "b"}});
  const std::string end =
      "\r\nSec-WebSocket-Protocol: chat\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
  CHECK(response.substr(response.size() - end.size()) == end);
}

TEST_CASE("an answer has a length, and HEAD gets the same head without the body", "[http]") {
  const Response response{"text/html", "<p>hello</p>", {{"X-More", "yes"}}};
  const std::string get = http_response(response, true, 0);
  const std::string head = http_response(response, false, 0);
  CHECK(get == head + "<p>hello</p>");
  CHECK(head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(head.find("Content-Length: 12\r\n") != std::string::npos);
  CHECK(head.find("Content-Type: text/html\r\n") != std::string::npos);
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  CHECK(head.find("X-More: yes\r\n") != std::string::npos);
}

}  // namespace
}  // namespace triloop
