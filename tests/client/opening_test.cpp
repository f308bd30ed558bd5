// The opening handshake as a client sees it: what it asks for, and what it takes for an answer.
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "client/patient_client.h"
#include "support/catch.h"
#include "support/scripted_server.h"
#include "support/threads.h"
#include "triloop/client.h"

namespace triloop {
namespace {

using testing::answer_to;
using testing::header_in;
using testing::kFailSafe;
using testing::Listening;
using testing::patient_client;
using testing::ScriptedServer;

// What a client makes of such an answer to its request; the server ends the stream behind it.
struct Outcome {
  std::optional<ConnectionEnd> end;
  std::string error;  // what() of a ConnectError, or of a system_error
  int status = 0;
  std::string body;
  std::string subprotocol;
};

Outcome answered(const std::function<std::string(const std::string&)>& answer,
                 const ClientOptions& options = patient_client()) {
  Listening listening;
  Outcome outcome;
  Client client(
      listening.url(),
      [&](Connection& connection) { outcome.subprotocol = connection.subprotocol(); }, options);
  client.start();
  {
    ScriptedServer server(listening);
    server.send(answer(server.request()));
    server.shutdown_send();
    while (!server.receive().empty()) {
    }
  }
  try {
    outcome.end = client.wait();
  } catch (const ConnectError& error) {
    outcome.error = error.what();
    outcome.status = error.status();
    outcome.body = error.body();
  } catch (const std::system_error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

// A proper answer in which that is replaced.
std::function<std::string(const std::string&)> with(const std::string& what,
                                                    const std::string& by) {
  return [=](const std::string& request) {
    std::string answer = answer_to(request);
    const std::size_t at = answer.find(what);
    if (at == std::string::npos) throw std::logic_error("there is no " + what);
    return answer.replace(at, what.size(), by);
  };
}

TEST_CASE("a client asks for what its options say", "[opening]") {
  Listening listening;
  ClientOptions options = patient_client();
  options.subprotocols = {"chat", "superchat"};
  options.headers = {{"Authorization", "Bearer x"}, {"Origin", "http://here"}};
  options.compress = true;
  Client client(
      listening.url() + "?a=b", [](Connection&) {}, options);
  client.start();
  ScriptedServer server(listening);
  const std::string request = server.request();
  CHECK(request.rfind("GET /ws?a=b HTTP/1.1\r\n", 0) == 0);
  CHECK(header_in(request, "Host") == "127.0.0.1:" + std::to_string(listening.port()));
  CHECK(header_in(request, "Upgrade") == "websocket");
  CHECK(header_in(request, "Connection") == "Upgrade");
  CHECK(header_in(request, "Sec-WebSocket-Version") == "13");
  CHECK(header_in(request, "Sec-WebSocket-Key").size() == 24);
  CHECK(header_in(request, "Sec-WebSocket-Protocol") == "chat, superchat");
  CHECK(header_in(request, "Sec-WebSocket-Extensions") ==
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12, "
        "permessage-deflate; client_max_window_bits");
  CHECK(header_in(request, "Authorization") == "Bearer x");
  CHECK(header_in(request, "Origin") == "http://here");
}

TEST_CASE("a client asks for nothing else, and with another key each time", "[opening]") {
  std::string keys[2];
  for (std::string& key : keys) {
    answered([&](const std::string& request) {
      key = header_in(request, "Sec-WebSocket-Key");
      for (const char* name : {"Origin", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}) {
        CHECK(header_in(request, name).empty());
      }
      return std::string();
    });
  }
  CHECK(keys[0] != keys[1]);
}

TEST_CASE("an answer may be written in any proper way", "[opening]") {
  const std::pair<const char*, std::function<std::string(const std::string&)>> table[] = {
      {"as it is", [](const std::string& request) { return answer_to(request); }},
      {"WebSocket", with("websocket", "WebSocket")},
      {"a list", with("Connection: Upgrade", "Connection: keep-alive, upgrade")},
      {"small letters", with("Sec-WebSocket-Accept", "sec-websocket-accept")},
      {"no reason", with(" Switching Protocols", "")},
      {"an empty reason", with(" Switching Protocols", " ")},
      {"spaces", with("Upgrade: websocket", "Upgrade: \t websocket \t")},
      {"other headers",
       with("\r\n\r\n", "\r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n")},
      {"behind others",
       [](const std::string& request) {
         return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                answer_to(request);
       }},
  };
  for (const auto& [name, answer] : table) {
    INFO(name);
    const Outcome outcome = answered(answer);
    CHECK(outcome.error.empty());
    CHECK(outcome.end.has_value());
  }
}

TEST_CASE("an answer that is wrong in any way is refused", "[opening]") {
  const std::string many(17'000, 'x');
  const std::pair<const char*, std::function<std::string(const std::string&)>> table[] = {
      {"nothing", [](const std::string&) { return std::string(); }},
      {"not HTTP", [](const std::string&) { return std::string("SSH-2.0-x\r\n\r\n"); }},
      {"half a head", with("\r\n\r\n", "\r\n")},
      {"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0")},
      {"HTTP/2", with("HTTP/1.1", "HTTP/2.0")},
      {"no status", with(" 101", "")},
      {"a long status", with(" 101", " 1010")},
      {"a status of letters", with(" 101", " 1o1")},
      {"no Upgrade", with("Upgrade: websocket\r\n", "")},
      {"another Upgrade", with("websocket", "h2c")},
      {"no Connection", with("Connection: Upgrade\r\n", "")},
      {"another Connection", with("Connection: Upgrade", "Connection: close")},
      {"no Accept", with("Sec-WebSocket-Accept", "X")},
      {"another Accept", with("Accept: ", "Accept: x")},
      {"two Accepts", with("\r\n\r\n", "\r\nSec-WebSocket-Accept: x\r\n\r\n")},
      {"a subprotocol", with("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n")},
      {"an empty subprotocol", with("\r\n\r\n", "\r\nSec-WebSocket-Protocol:\r\n\r\n")},
      {"an extension",
       with("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")},
      {"a header without a name", with("\r\n\r\n", "\r\n: x\r\n\r\n")},
      {"a header without a colon", with("\r\n\r\n", "\r\nx\r\n\r\n")},
      {"a space before the colon", with("Upgrade: ", "Upgrade : ")},
      {"a folded header", with("\r\n\r\n", "\r\nX: a\r\n b\r\n\r\n")},
      {"a control character", with("\r\n\r\n", "\r\nX: \x01\r\n\r\n")},
      {"a head that is too large", with("\r\n\r\n", "\r\nX: " + many + "\r\n\r\n")},
  };
  for (const auto& [name, answer] : table) {
    INFO(name);
    const Outcome outcome = answered(answer);
    CHECK_FALSE(outcome.end.has_value());
    CHECK_FALSE(outcome.error.empty());
    CHECK(outcome.status == 0);
  }
}

TEST_CASE("provisional answers without an end are refused", "[opening]") {
  std::string provisional;
  for (int i = 0; i < 1000; ++i) provisional += "HTTP/1.1 100 Continue\r\n\r\n";
  const Outcome outcome =
      answered([&](const std::string& request) { return provisional + answer_to(request); });
  CHECK(outcome.error == "the answer's head is too large");
}

TEST_CASE("a refusal comes with its status and what the server says", "[opening]") {
  const auto refusal = [](const std::string& rest) {
    return [=](const std::string&) { return "HTTP/1.1 " + rest; };
  };
  const Outcome plain = answered(refusal("401 No\r\nContent-Length: 5\r\n\r\nnot you"));
  CHECK(plain.status == 401);
  CHECK(plain.body == "not y");
  CHECK(plain.error == "the server answered 401");
  CHECK(answered(refusal("403 No\r\n\r\nnot you")).body == "not you");
  CHECK(answered(refusal("500 No\r\n\r\n" + std::string(5000, 'x'))).body.size() == 1024);
  // No redirect is followed: it is told like any other refusal.
  CHECK(answered(refusal("301 There\r\nLocation: ws://localhost/\r\n\r\n")).status == 301);
  CHECK(answered(refusal("200 OK\r\n\r\n")).status == 200);
}

TEST_CASE("of the subprotocols offered the server may choose one", "[opening]") {
  ClientOptions options = patient_client();
  options.subprotocols = {"chat", "superchat"};
  const auto choosing = [](const std::string& line) {
    return [=](const std::string& request) { return answer_to(request, line); };
  };
  CHECK(answered(choosing("Sec-WebSocket-Protocol: superchat\r\n"), options).subprotocol ==
        "superchat");
  CHECK(answered(choosing(""), options).end.has_value());
  for (const char* wrong : {"Chat", "chat, superchat", "x"}) {
    INFO(wrong);
    const Outcome outcome =
        answered(choosing(std::string("Sec-WebSocket-Protocol: ") + wrong + "\r\n"), options);
    CHECK(outcome.error == "the server chose a subprotocol that was not offered");
  }
}

TEST_CASE("of permessage-deflate only what was offered is taken", "[opening]") {
  ClientOptions options = patient_client();
  options.compress = true;
  const auto agreeing = [&](const std::string& extensions) {
    return answered(
        [=](const std::string& request) {
          return answer_to(request, "Sec-WebSocket-Extensions: " + extensions + "\r\n");
        },
        options);
  };
  const std::string name = "permessage-deflate";
  for (const std::string good :
       {"", "; server_no_context_takeover", "; client_no_context_takeover",
        "; server_max_window_bits=8", "; server_max_window_bits=15", "; client_max_window_bits=9",
        "; client_max_window_bits=15; server_max_window_bits=\"10\"; client_no_context_takeover"}) {
    INFO(good);
    CHECK(agreeing(name + good).end.has_value());
  }
  for (const std::string bad :
       {"permessage-deflat", "x-webkit-deflate-frame", "permessage-deflate, permessage-deflate",
        "permessage-deflate; x", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover"}) {
    INFO(bad);
    CHECK(agreeing(bad).error.rfind("the server accepted what was not offered", 0) == 0);
  }
}

TEST_CASE("a server that does not answer is given up at the handshake timeout", "[opening]") {
  Listening listening;
  ClientOptions options = patient_client();
  options.handshake_timeout = std::chrono::milliseconds(1);
  std::error_code error;
  try {
    connect(
        listening.url(), [](Connection&) {}, options);
  } catch (const std::system_error& what) {
    error = what.code();
  }
  CHECK(error == std::errc::timed_out);
}

TEST_CASE("stop() ends a handshake, and says so", "[opening]") {
  Listening listening;
  ClientOptions options = patient_client();
  options.handshake_timeout = std::chrono::hours(1);  // else that would end it, too
  Client client(
      listening.url(), [](Connection&) {}, options);
  client.start();
  ScriptedServer server(listening);
  server.request();
  client.stop();
  std::error_code error;
  try {
    client.wait();
  } catch (const std::system_error& what) {
    error = what.code();
  }
  CHECK(error == std::errc::operation_canceled);
  CHECK(client.handle().is_over());
}

TEST_CASE("options of a client that make no sense are refused", "[opening]") {
  const auto refused = [](const std::function<void(ClientOptions&)>& change) {
    ClientOptions options;
    change(options);
    try {
      const Client client(
          "ws://localhost/", [](Connection&) {}, options);
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  using std::chrono::milliseconds;
  CHECK_FALSE(refused([](ClientOptions&) {}));
  CHECK(refused([](ClientOptions& o) { o.queue_messages = 0; }));
  CHECK(refused([](ClientOptions& o) { o.heartbeat = milliseconds(1); }));
  CHECK(refused([](ClientOptions& o) { o.allowed_origins = {"*"}; }));
  CHECK(refused([](ClientOptions& o) { o.connect_timeout = milliseconds(0); }));
  CHECK(refused([](ClientOptions& o) { o.handshake_timeout = milliseconds(-1); }));
  CHECK(refused([](ClientOptions& o) { o.write_timeout = milliseconds(0); }));
  CHECK(refused([](ClientOptions& o) { o.write_timeout = std::chrono::hours(9000); }));
  CHECK(refused([](ClientOptions& o) { o.stack_bytes = 1000; }));
  CHECK(refused([](ClientOptions& o) { o.subprotocols = {"a b"}; }));
  CHECK(refused([](ClientOptions& o) { o.subprotocols = {""}; }));
  CHECK(refused([](ClientOptions& o) { o.subprotocols = {"a", "a"}; }));
  CHECK(refused([](ClientOptions& o) { o.headers = {{"A b", "c"}}; }));
  CHECK(refused([](ClientOptions& o) { o.headers = {{"A", "b\r\nC: d"}}; }));
  CHECK(refused([](ClientOptions& o) { o.headers = {{"upgrade", "h2c"}}; }));
}

}  // namespace
}  // namespace triloop
