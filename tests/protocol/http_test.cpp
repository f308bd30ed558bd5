#include "http.h"

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
    return parser.request();
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
  CHECK(fails_with("\r\n\r\n") == 400);
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
  for (const char* line : {"GET  / HTTP/1.1", "GET http://a/ HTTP/1.1", "GET * HTTP/1.1",
                           "GET / / HTTP/1.1", "GET /a b HTTP/1.1", "GET /\ta HTTP/1.1",
                           "G(T / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 "}) {
    INFO(line);
    CHECK(status(line) == 400);
  }
  for (const char* line : {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / http/1.1"}) {
    INFO(line);
    CHECK(status(line) == 505);
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
  CHECK(with("Host: localhost\r\n", "Host: localhost\r\nContent-Length: 0\r\n") == 400);
  CHECK(with("GET", "POST") == 405);
  CHECK(with("HTTP/1.1", "HTTP/1.0") == 400);
  CHECK(with("Upgrade: websocket\r\n", "") == 426);
  CHECK(with("Connection: Upgrade\r\n", "") == 426);
  CHECK(with("Version: 13", "Version: 8") == 426);
  CHECK(with("Sec-WebSocket-Version: 13\r\n", "") == 426);
  CHECK(with("dGhlIHNhbXBsZSBub25jZQ==", "short") == 400);
  CHECK(with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "") == 400);
}

TEST_CASE("a wrong version is told the right one", "[http]") {
  std::string text = upgrade_request();
  text.replace(text.find("Version: 13"), 11, "Version: 8");
  HttpError::Headers headers;
  try {
    upgrade_response(parse(text, 1000));
  } catch (const HttpError& error) {
    headers = error.headers();
  }
  REQUIRE(headers.size() == 1);
  CHECK(headers[0] == std::make_pair(std::string("Sec-WebSocket-Version"), std::string("13")));
}

TEST_CASE("an answer has a length, and HEAD gets the same head without the body", "[http]") {
  const Response response{"text/html", "<p>hello</p>", {{"X-More", "yes"}}};
  const std::string get = http_response(response, true);
  const std::string head = http_response(response, false);
  CHECK(get == head + "<p>hello</p>");
  CHECK(head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(head.find("Content-Length: 12\r\n") != std::string::npos);
  CHECK(head.find("Content-Type: text/html\r\n") != std::string::npos);
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  CHECK(head.find("X-More: yes\r\n") != std::string::npos);
}

}  // namespace
}  // namespace triloop
