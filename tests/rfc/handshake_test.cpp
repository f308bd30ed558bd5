// RFC 6455 section 4: the opening handshake.
#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

struct Opening {
  std::string name;
  std::string request;
  int status;
  std::string line = {};  // of the answer's head
};

std::string without(const std::string& part) {
  std::string request = upgrade_request();
  return request.erase(request.find(part), part.size());
}

std::string with(const std::string& part, const std::string& instead) {
  std::string request = upgrade_request();
  return request.replace(request.find(part), part.size(), instead);
}

Options for_origins() {
  Options options = patient_server_options();
  options.allowed_origins = {"https://*.example.org", "http://localhost:8080"};
  return options;
}

// A refused client gets the status and the end. An accepted one talks, byte by byte too.
void check(const std::vector<Opening>& cases) {
  RunningServer server(obedient_echo, for_origins());
  const std::string talk = client_frame(1, "hello") + client_frame(9, "p") + client_close(1000);
  for (const Opening& one : cases) {
    for (const Delivery delivery : kDeliveries) {
      INFO(one.name << ", " << name_of(delivery));
      Wire wire(server.port());
      if (delivery == Delivery::byte_by_byte) {
        wire.send_byte_by_byte(one.request + talk);
      } else {
        wire.send(one.request + (delivery == Delivery::early ? talk : ""));
      }
      const std::string head = wire.head();
      CHECK(head.rfind("HTTP/1.1 " + std::to_string(one.status) + " ", 0) == 0);
      if (!one.line.empty()) CHECK(head.find("\r\n" + one.line + "\r\n") != std::string::npos);
      if (head.rfind("HTTP/1.1 101 ", 0) != 0) continue;
      if (delivery == Delivery::at_once) wire.send(talk);
      const Transcript seen = transcript(wire.rest());
      CHECK(seen.messages == "text \"hello\"\n");
      CHECK(seen.pongs == "\"p\"\n");
      CHECK(seen.close_codes == std::vector<std::uint16_t>{1000});
      CHECK(seen.faults.empty());
    }
  }
}

TEST_CASE("rfc 4.2: a proper handshake is accepted, however it is written", "[rfc]") {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  check({
      {"as in section 1.3", upgrade_request(), 101, accept},
      {"says that it upgrades", upgrade_request(), 101, "Upgrade: websocket"},
      {"an empty body", upgrade_request("/ws", "Content-Length: 0\r\n"), 101, accept},
      {"an absolute form", with("GET /ws", "GET http://localhost/ws"), 101, accept},
      {"an absolute form of https", with("GET /ws", "GET https://other:443/ws?x"), 101, accept},
      {"an empty line before it", "\r\n" + upgrade_request(), 101, accept},
      {"with a query", upgrade_request("/ws?room=1"), 101, accept},
      {"Upgrade in capitals", with("Upgrade: websocket", "Upgrade: WEBSOCKET"), 101, accept},
      {"Upgrade in a list", with("Upgrade: websocket", "Upgrade: foo/2, websocket"), 101, accept},
      {"Connection in capitals", with("Connection: Upgrade", "Connection: UPGRADE"), 101, accept},
      {"Connection in a list", with("Connection: Upgrade", "Connection: keep-alive, Upgrade"), 101,
       accept},
      {"Connection first in a list", with("Connection: Upgrade", "Connection: upgrade,close"), 101,
       accept},
      {"Connection over two lines",
       with("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"), 101, accept},
      {"names in small letters", with("Sec-WebSocket-Key", "sec-websocket-key"), 101, accept},
      {"names in capitals", with("Sec-WebSocket-Version", "SEC-WEBSOCKET-VERSION"), 101, accept},
      {"spaces around the key",
       with("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: \t dGhlIHNhbXBsZSBub25jZQ== \t"), 101, accept},
      {"another key", with("dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA=="), 101,
       "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI="},
      {"extensions that nobody here speaks",
       upgrade_request("/ws", "Sec-WebSocket-Extensions: x-unknown; a=1, x-other\r\n"), 101},
      {"a subprotocol that nobody here speaks",
       upgrade_request("/ws", "Sec-WebSocket-Protocol: chat, superchat\r\n"), 101},
      {"a cookie", upgrade_request("/ws", "Cookie: a=b; c=d\r\n"), 101},
      {"no Origin: no browser", upgrade_request(), 101},
      {"an allowed Origin", upgrade_request("/ws", "Origin: https://a.example.org\r\n"), 101},
      {"an allowed Origin in capitals", upgrade_request("/ws", "Origin: HTTPS://A.EXAMPLE.ORG\r\n"),
       101},
      {"another one", upgrade_request("/ws", "Origin: http://localhost:8080\r\n"), 101},
  });
}

TEST_CASE("rfc 4.2: an extension or subprotocol that was not agreed on is not in the answer",
          "[rfc]") {
  RunningServer server(obedient_echo, patient_server_options());
  Wire wire(server.port());
  wire.send(upgrade_request("/ws",
                            "Sec-WebSocket-Protocol: chat\r\n"
                            "Sec-WebSocket-Extensions: x-unknown\r\n"));
  const std::string head = wire.head();
  CHECK(head.rfind("HTTP/1.1 101 ", 0) == 0);
  CHECK(head.find("Sec-WebSocket-Protocol") == std::string::npos);
  CHECK(head.find("Sec-WebSocket-Extensions") == std::string::npos);
}

TEST_CASE("rfc 4.2.1: a handshake that is not one is refused", "[rfc]") {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  check({
      {"POST", with("GET", "POST"), 405, "Allow: GET"},
      {"HEAD", with("GET", "HEAD"), 405},
      {"get", with("GET", "get"), 405},
      {"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400},
      {"HTTP/2.0", with("HTTP/1.1", "HTTP/2.0"), 505},
      {"another path", upgrade_request("/other"), 404},
      {"no Host", without("Host: localhost\r\n"), 400},
      {"Host twice", upgrade_request("/ws", "Host: b\r\n"), 400},
      {"no Upgrade", without("Upgrade: websocket\r\n"), 426, "Upgrade: websocket"},
      {"Upgrade to something else", with("Upgrade: websocket", "Upgrade: h2c"), 426},
      {"Upgrade to something longer", with("Upgrade: websocket", "Upgrade: websockets"), 426},
      {"no Connection", without("Connection: Upgrade\r\n"), 426},
      {"another Connection", with("Connection: Upgrade", "Connection: keep-alive"), 426},
      {"a longer Connection", with("Connection: Upgrade", "Connection: upgraded"), 426},
      {"no key", without("Sec-WebSocket-Key: " + key + "\r\n"), 400},
      {"an empty key", with(key, ""), 400},
      {"a short key", with(key, "dGhlIHNhbXBsZQ=="), 400},
      {"a long key", with(key, "dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ=="), 400},
      {"15 bytes", with(key, "dGhlIHNhbXBsZSBub25j"), 400},
      {"17 bytes", with(key, "dGhlIHNhbXBsZSBub25jZWU="), 400},
      {"18 bytes", with(key, "dGhlIHNhbXBsZSBub25jZWVl"), 400},
      {"a key that is no base64", with(key, "!!!!!!!!!!!!!!!!!!!!!!=="), 400},
      {"a key of another alphabet", with(key, "dGhlIHNhbXBsZSBub25j-_=="), 400},
      {"a key without its end", with(key, "dGhlIHNhbXBsZSBub25jZQ"), 400},
      {"a key with a space in it", with(key, "dGhlIHNhbXBs ZSBub25jZQ="), 400},
      {"the key twice", upgrade_request("/ws", "Sec-WebSocket-Key: " + key + "\r\n"), 400},
      {"no version", without("Sec-WebSocket-Version: 13\r\n"), 426, "Sec-WebSocket-Version: 13"},
      {"version 8", with("Version: 13", "Version: 8"), 426, "Sec-WebSocket-Version: 13"},
      {"version 0", with("Version: 13", "Version: 0"), 426, "Sec-WebSocket-Version: 13"},
      {"version 14", with("Version: 13", "Version: 14"), 426, "Sec-WebSocket-Version: 13"},
      {"version 013", with("Version: 13", "Version: 013"), 426, "Sec-WebSocket-Version: 13"},
      {"version 13.0", with("Version: 13", "Version: 13.0"), 426, "Sec-WebSocket-Version: 13"},
      {"version +13", with("Version: 13", "Version: +13"), 426, "Sec-WebSocket-Version: 13"},
      {"two versions", with("Version: 13", "Version: 13, 8"), 426, "Sec-WebSocket-Version: 13"},
      {"the version twice", upgrade_request("/ws", "Sec-WebSocket-Version: 13\r\n"), 400},
      {"a body", upgrade_request("/ws", "Content-Length: 2\r\n") + "hi", 400},
      {"chunks", upgrade_request("/ws", "Transfer-Encoding: chunked\r\n"), 400},
      {"a foreign Origin", upgrade_request("/ws", "Origin: https://example.com\r\n"), 403},
      {"an Origin that ends differently",
       upgrade_request("/ws", "Origin: https://a.example.org.evil.com\r\n"), 403},
      {"an Origin that begins differently",
       upgrade_request("/ws", "Origin: http://a.example.org\r\n"), 403},
      {"an Origin without what the star needs",
       upgrade_request("/ws", "Origin: https://example.org\r\n"), 403},
      {"another port", upgrade_request("/ws", "Origin: http://localhost:8081\r\n"), 403},
      {"no port", upgrade_request("/ws", "Origin: http://localhost\r\n"), 403},
      {"the Origin of a file", upgrade_request("/ws", "Origin: null\r\n"), 403},
      {"two Origins", upgrade_request("/ws", "Origin: http://localhost:8080\r\nOrigin: a\r\n"),
       400},
  });
}

TEST_CASE("rfc 4.1: a frame cut by the end of the handshake's packet is kept", "[rfc]") {
  RunningServer server(obedient_echo, patient_server_options());
  const std::string talk =
      client_frame(1, "hello") + client_frame(2, std::string(300, 'x')) + client_close(4000);
  for (std::size_t cut = 0; cut <= talk.size(); ++cut) {
    INFO("cut at " << cut);
    Wire wire(server.port());
    wire.send(upgrade_request() + talk.substr(0, cut));
    REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
    wire.send(talk.substr(cut));
    const Transcript seen = transcript(wire.rest());
    CHECK(seen.messages == "text \"hello\"\nbinary " + quoted(std::string(300, 'x')) + "\n");
    CHECK(seen.close_codes == std::vector<std::uint16_t>{4000});
    CHECK(seen.faults.empty());
  }
}

}  // namespace
}  // namespace triloop::testing
