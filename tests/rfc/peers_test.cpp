// What peers do that is common and wrong, or unusual and right: docs/protocol.md, "What peers do".
// What is wrong gets a Close and a line of the log that name it; what is right is served without a
// word.
#include <chrono>

#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

constexpr int kRsv1 = 0x40;

struct Wrong {
  std::string name;
  std::string bytes;
  std::uint16_t code;
  std::string says;
};

std::string with_rsv1(std::string frame) {
  frame[0] = static_cast<char>(frame[0] | kRsv1);
  return frame;
}

const std::string kHello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);  // RFC 7692 section 7.2.3.1

// Each as a case, whose Close says it; and how often the log has to say it.
void check_said(const std::vector<Wrong>& wrongs, const Options& options = patient_server_options(),
                const std::string& headers = "") {
  const LogCapture log;
  RunningServer server(obedient_echo, options);
  std::size_t number = 0;
  for (const Wrong& wrong : wrongs) {
    INFO(wrong.name);
    Transcript seen;
    {
      Wire wire(server.port());
      wire.send(upgrade_request("/ws", headers) + client_frame(1, "before") + wrong.bytes);
      REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
      seen = transcript(wire.rest());
    }
    CHECK(seen.messages == "text \"before\"\n");
    CHECK(seen.close_codes == std::vector<std::uint16_t>{wrong.code});
    CHECK(seen.close_reason == wrong.says);
    log.await("[" + std::to_string(++number) + "] closed by peer, " + std::to_string(wrong.code) +
              " \"" + wrong.says + "\"\n");
  }
}

TEST_CASE("rfc: a violation is named to the peer and in the log", "[rfc]") {
  const std::string fragment = client_frame(1, "half", false);
  const std::string no_mask = "a frame without a mask: all that a client sends is masked";
  const std::string no_text = "text is not UTF-8";
  check_said({
      {"a Close with 1005", client_close(1005), 1002,
       "a Close with code 1005, which may not be sent"},
      {"a Close with 1006", client_close(1006, "gone"), 1002,
       "a Close with code 1006, which may not be sent"},
      {"a Close with 1015", client_close(1015), 1002,
       "a Close with code 1015, which may not be sent"},
      {"a Close with 0", client_close(0), 1002, "a Close with code 0, which may not be sent"},
      {"a Close with 65535", client_close(0xFFFF), 1002,
       "a Close with code 65535, which may not be sent"},
      {"a Close of one byte", client_frame(8, "\x03"), 1002, "a Close of one byte: a code has two"},
      {"a long Close", client_close(1000, std::string(124, 'r')), 1002,
       "a Close of more than 125 bytes"},
      {"a Close in fragments", client_frame(8, "\x03\xe8", false), 1002,
       "a Close in fragments: a control frame is one"},
      {"a Close whose reason is cut inside a character", client_close(1000, "\xe4\xbd"), 1007,
       "a Close whose reason is not UTF-8"},
      {"a long ping", client_frame(9, std::string(126, 'p')), 1002,
       "a ping of more than 125 bytes"},
      {"a pong in fragments", client_frame(10, "p", false), 1002,
       "a pong in fragments: a control frame is one"},
      {"a compressed message that nobody agreed to", with_rsv1(client_frame(1, kHello)), 1002,
       "RSV1 without an extension: permessage-deflate was not agreed on"},
      {"RSV2", masked_with("abcd", 0x80 | 0x20 | 1, "a"), 1002,
       "RSV2, which has a meaning in no extension here"},
      {"RSV3", masked_with("abcd", 0x80 | 0x10 | 2, "a"), 1002,
       "RSV3, which has a meaning in no extension here"},
      {"text without a mask", unmasked(client_frame(1, "hi")), 1002, no_mask},
      {"a ping without a mask", unmasked(client_frame(9, "")), 1002, no_mask},
      {"a Close without a mask", unmasked(client_close(1000)), 1002, no_mask},
      {"opcode 3", client_frame(3, "a"), 1002, "opcode 3, which has no meaning"},
      {"opcode 11", client_frame(11, "a"), 1002, "opcode 11, which has no meaning"},
      {"opcode 15, long", client_frame(15, std::string(126, 'a')), 1002,
       "opcode 15, which has no meaning"},
      {"text that is none", client_frame(1, "a\xff"), 1007, no_text},
      {"text that ends inside a character", client_frame(1, "\xe4\xbd"), 1007, no_text},
      {"a continuation of nothing", client_frame(0, "a"), 1002,
       "a continuation, and no message has begun"},
      {"a message inside another one", fragment + client_frame(1, "b"), 1002,
       "a message inside another one, whose last fragment has not come"},
      {"a length in too many bytes", raw_frame(0x82, 126, 5, "12345"), 1002,
       "a length in more bytes than it needs"},
      {"a length beyond 63 bits", raw_frame(0x82, 127, 1ULL << 63, ""), 1002,
       "a length of 2^63 or more"},
      {"a message above the limit", raw_frame(0x82, 127, 200'001, ""), 1009, "message too big"},
  });
}

Options compressing_options() {
  Options options = patient_server_options();
  options.compress = true;
  return options;
}
const std::string kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

TEST_CASE("rfc 7692: what is wrong with a compressed message is named", "[rfc]") {
  check_said({{"RSV1 again in a continuation",
               with_rsv1(client_frame(1, kHello.substr(0, 3), false)) +
                   with_rsv1(client_frame(0, kHello.substr(3))),
               1002, "RSV1 in a continuation: it belongs to the first frame of a message"},
              {"a compressed ping", with_rsv1(client_frame(9, kHello)), 1002,
               "RSV1 in a control frame, which is never compressed"},
              {"RSV2 beside RSV1", masked_with("abcd", 0x80 | kRsv1 | 0x20 | 1, kHello), 1002,
               "RSV2, which has a meaning in no extension here"},
              {"what is no DEFLATE", with_rsv1(client_frame(2, "\xff\xff\xff\xff")), 1007,
               "compressed data is corrupt"},
              {"what stops in the middle", with_rsv1(client_frame(2, kHello.substr(0, 2))), 1007,
               "compressed data is corrupt"}},
             compressing_options(), kOffer);
  // Offered, and not taken: the client had to look at the answer.
  check_said({{"compressed all the same", with_rsv1(client_frame(1, kHello)), 1002,
               "RSV1 without an extension: permessage-deflate was not agreed on"}},
             patient_server_options(), kOffer);
}

// What a server answers to a request, as a whole, and what its log says of it.
void check_refused(const std::string& request, int status, const std::string& says) {
  INFO(says);
  const LogCapture log;
  RunningServer server(obedient_echo, patient_server_options());
  Wire wire(server.port());
  wire.send(request);
  const std::string head = wire.head();
  CHECK(head.rfind("HTTP/1.1 " + std::to_string(status) + " ", 0) == 0);
  log.await(": refused with " + std::to_string(status) + ": " + says + "\n");
}

TEST_CASE("rfc 4.2.1: what a handshake is refused for is in the log", "[rfc]") {
  const auto without = [](const std::string& line) {
    std::string request = upgrade_request();
    return request.erase(request.find(line), line.size());
  };
  check_refused(upgrade_request("/ws", "Origin: http://a\r\norigin: http://a\r\n"), 400,
                "Origin may stand only once, and does twice");
  check_refused(upgrade_request("/ws", "Host: b\r\n"), 400,
                "Host may stand only once, and does twice");
  check_refused(without("Upgrade: websocket\r\n"), 426,
                "Connection: Upgrade without Upgrade: websocket");
  check_refused(without("Connection: Upgrade\r\n"), 426,
                "Upgrade: websocket without Connection: Upgrade");
  check_refused(without("Sec-WebSocket-Version: 13\r\n"), 426,
                "only version 13 of WebSocket is spoken here");
  check_refused("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, "there is nothing at this path");
}

// The peer sends `bytes` behind its handshake, and then has to see the echoes and 1000; and of it
// the log has the two lines that it has of everybody.
void check_silent(const std::string& name, const std::string& request, const std::string& bytes,
                  const std::string& messages, const std::string& pongs = "") {
  for (const Delivery delivery : kDeliveries) {
    INFO(name << ", " << name_of(delivery));
    const LogCapture log;
    RunningServer server(obedient_echo, compressing_options());
    Transcript seen;
    {
      Wire wire(server.port());
      const std::string all = bytes + client_close(1000);
      wire.send(request + (delivery == Delivery::early ? all : ""));
      REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
      if (delivery == Delivery::at_once) wire.send(all);
      if (delivery == Delivery::byte_by_byte) wire.send_byte_by_byte(all);
      seen = transcript(wire.rest());
    }
    CHECK(seen.messages == messages);
    CHECK(seen.pongs == pongs);
    CHECK(seen.close_codes == std::vector<std::uint16_t>{1000});
    CHECK(seen.faults.empty());
    log.await("[1] closed by peer, 1000\n");
    const std::string text = log.text();
    CHECK(text.rfind("[1] open: ", 0) == 0);
    CHECK(text.substr(text.find('\n') + 1) == "[1] closed by peer, 1000\n");
  }
}

TEST_CASE("rfc: what is unusual and right is served without a word", "[rfc]") {
  const std::string plain = upgrade_request();
  const auto begin = [](const char* payload) { return client_frame(1, payload, false); };
  const auto more = [](const char* payload) { return client_frame(0, payload, false); };
  const auto last = [](const char* payload) { return client_frame(0, payload); };
  check_silent("a pong that nobody asked for", plain, client_frame(10, "unasked"), "");
  check_silent("an empty pong as a sign of life, between fragments", plain,
               begin("a") + client_frame(10, "") + last("b"), "text \"ab\"\n");
  check_silent("a ping between fragments", plain, begin("a") + client_frame(9, "p") + last("b"),
               "text \"ab\"\n", "\"p\"\n");
  check_silent("a Close in the middle of a message", plain, begin("a") + more("b"), "");
  check_silent("empty fragments", plain, begin("") + more("") + more("a") + last(""),
               "text \"a\"\n");
  check_silent("a message of empty fragments", plain, begin("") + more("") + last(""),
               "text \"\"\n");
  check_silent("nothing but a Close", plain, "", "");
}

// Most programs end their stream when the server's has ended; one that keeps it open has had its
// Close frame, and all that it was owed.
TEST_CASE("rfc 7.1.1: a Close, and no end of the stream behind it, is served without a word",
          "[rfc]") {
  const LogCapture log;
  Options options = patient_server_options();
  options.close_timeout = std::chrono::seconds(3);
  RunningServer server(obedient_echo, options);
  Wire wire(server.port());
  wire.send(upgrade_request() + client_frame(1, "owed") + client_close(4000, "bye"));
  REQUIRE(wire.head().rfind("HTTP/1.1 101 ", 0) == 0);
  const Transcript seen = transcript(wire.rest());  // up to the end of the server's stream
  CHECK(seen.messages == "text \"owed\"\n");
  CHECK(seen.close_codes == std::vector<std::uint16_t>{4000});
  log.await("[1] closed by peer, 4000 \"bye\"\n");
}

TEST_CASE("rfc 7692: an empty compressed message may have no byte at all", "[rfc]") {
  const std::string request = upgrade_request("/ws", kOffer);
  const std::string none = with_rsv1(client_frame(1, ""));
  check_silent("the RFC's form, one byte", request,
               with_rsv1(client_frame(1, std::string(1, '\0'))), "text \"\"\n");
  // What Mojolicious 9.31 sends for "", "Hello", "", "Hello".
  check_silent("no byte, and history before and behind it", request,
               with_rsv1(client_frame(1, std::string(1, '\0'))) +
                   with_rsv1(client_frame(1, kHello)) + none +
                   with_rsv1(client_frame(1, std::string("\xf2\x00\x11\x00\x00", 5))),
               "text \"\"\ntext \"Hello\"\ntext \"\"\ntext \"Hello\"\n");
  check_silent("no byte first of all, and in fragments", request,
               none + with_rsv1(client_frame(2, "", false)) + client_frame(0, "") +
                   with_rsv1(client_frame(1, kHello)),
               "text \"\"\nbinary \"\"\ntext \"Hello\"\n");
}

TEST_CASE("rfc 4.2.1: what a handshake may look like is accepted without a word", "[rfc]") {
  const auto with = [](const std::string& old, const std::string& replacement) {
    std::string request = upgrade_request();
    return request.replace(request.find(old), old.size(), replacement);
  };
  for (const std::string& request :
       {with("Upgrade: websocket", "UPGRADE: WebSocket"),
        with("Upgrade: websocket", "upgrade:websocket"),
        with("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
        with("Connection: Upgrade", "connection: keep-alive\r\nconnection: upgrade"),
        upgrade_request("/ws", "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n"),
        upgrade_request("/ws", "Content-Length: 0\r\n"),
        upgrade_request("/ws", "Origin: null\r\n")}) {
    check_silent(request, request, client_frame(1, "a"), "text \"a\"\n");
  }
}

}  // namespace
}  // namespace triloop::testing
