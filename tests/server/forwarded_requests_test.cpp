// Who is there, when a proxy of HTTP says so in a header: over TCP.
#include <string>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::LogCapture;
using testing::quiet_options;
using testing::RunningServer;
using testing::say_who;
using testing::TestClient;

Options trusting(const std::string& network) {
  Options options = quiet_options();
  options.forwarded_from = {network};
  return options;
}

std::string answer_to(const RunningServer& server, const std::string& headers) {
  TestClient client(server.port());
  return client.request(testing::upgrade_request("/ws", headers));
}

TEST_CASE("behind a proxy of HTTP that is named the peer is whom its header names, everywhere",
          "[forwarded]") {
  const LogCapture log;
  RunningServer server(say_who, trusting("127.0.0.1"));
  for (const std::string header :
       {"X-Forwarded-For: 203.0.113.9\r\n", "forwarded: for=203.0.113.9\r\n",
        "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n"}) {
    TestClient client(server.port());
    CHECK(client.request(testing::upgrade_request("/ws", header)).find(" 101 ") == 8);
    CHECK(client.next_text().rfind("203.0.113.9 by 127.0.0.1:", 0) == 0);
  }
  for (const char* id : {"1", "2", "3"}) {
    log.await("[" + std::string(id) + "] open: 203.0.113.9 /ws");
  }
}

TEST_CASE("a broken header of a proxy that is named gets 400, and so do two that differ",
          "[forwarded]") {
  RunningServer server(say_who, trusting("127.0.0.1"));
  CHECK(answer_to(server, "X-Forwarded-For: nonsense\r\n").find(" 400 ") == 8);
  CHECK(answer_to(server, "Forwarded: for=\"203.0.113.9\r\n").find(" 400 ") == 8);
  CHECK(answer_to(server, "Forwarded: for=198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n")
            .find(" 400 ") == 8);
}

TEST_CASE("anybody else may send such a header, and stays who it is", "[forwarded]") {
  for (const Options& options : {quiet_options(), trusting("10.0.0.0/8"), trusting("unix")}) {
    RunningServer server(say_who, options);
    TestClient client(server.port());
    const std::string headers = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=\"198.51.100.7\r\n";
    CHECK(client.request(testing::upgrade_request("/ws", headers)).find(" 101 ") == 8);
    const std::string said = client.next_text();
    CHECK(said.rfind("127.0.0.1:", 0) == 0);
    CHECK(said.substr(said.size() - 4) == " by ");
  }
}

// A page that is being made for somebody: the answer is still to come.
TEST_CASE("snapshots show for whom a page is being made", "[forwarded]") {
  Server server(trusting("127.0.0.1"));
  std::string seen;
  server.page("/who", [&](const Request&) {
    for (const auto& one : server.snapshot().connections) seen = one.peer_address;
    return Response{};
  });
  const testing::Running running(server);
  TestClient client(server.port());
  client.request("GET /who HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
  CHECK(seen == "203.0.113.9");
}

// The nearer proxy speaks to the server, and passes TCP on from the one that speaks HTTP.
TEST_CASE("through two proxies the header is believed of whom the PROXY header names",
          "[forwarded][plain]") {
  Options options = trusting("192.0.2.1");
  options.proxy_protocol_from = {"127.0.0.1"};
  RunningServer server(say_who, options);
  const auto taken = [&](const std::string& proxy) {
    TestClient client(server.port());
    client.send("PROXY TCP4 " + proxy + " 192.0.2.2 4000 443\r\n");
    client.request(testing::upgrade_request("/ws", "X-Forwarded-For: 203.0.113.9\r\n"));
    return client.next_text();
  };
  CHECK(taken("192.0.2.1").rfind("203.0.113.9 by 127.0.0.1:", 0) == 0);
  CHECK(taken("192.0.2.3").rfind("192.0.2.3:4000 by 127.0.0.1:", 0) == 0);
}

}  // namespace
}  // namespace triloop
