// Who is there, when a proxy in front says so in the PROXY protocol: over TCP.
#include <chrono>
#include <string>
#include <vector>

#include "net/proxy_headers.h"
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

const std::string kHeader = "PROXY TCP4 203.0.113.9 192.0.2.1 51514 443\r\n";

Options trusting(const std::string& network) {
  Options options = quiet_options();
  options.proxy_protocol_from = {network};
  return options;
}

std::string head_of(const RunningServer& server, const std::string& bytes) {
  TestClient client(server.port());
  return client.request(bytes);
}

// The address in the snapshots of who is there.
std::vector<std::string> peers(RunningServer& running) {
  std::vector<std::string> all;
  for (const auto& one : running.server().snapshot().connections) {
    if (one.state != ConnectionSnapshot::State::ended) all.push_back(one.peer_address);
  }
  return all;
}

TEST_CASE("behind a proxy that is named the peer is whom its header names, everywhere",
          "[proxy_protocol]") {
  const LogCapture log;
  RunningServer server(say_who, trusting("127.0.0.0/8"));
  for (const std::string& header :
       {kHeader, testing::binary_header(0x21, 0x11, testing::ipv4_block())}) {
    TestClient client(server.port());
    client.send(header);
    client.open();
    CHECK(client.next_text().rfind("203.0.113.9:51514 by 127.0.0.1:", 0) == 0);
    client.frames_to_end();
  }
  log.await("[1] open: 203.0.113.9:51514 /ws");
  log.await("[2] open: 203.0.113.9:51514 /ws");
}

TEST_CASE("the header and what follows may come in any pieces", "[proxy_protocol]") {
  RunningServer server(say_who, trusting("127.0.0.1"));
  TestClient client(server.port());
  for (const char byte : kHeader + testing::upgrade_request()) client.send({&byte, 1});
  CHECK(client.request("").find(" 101 ") != std::string::npos);
  CHECK(client.next_text().rfind("203.0.113.9:51514 by 127.0.0.1:", 0) == 0);
}

TEST_CASE("snapshots show who is in the handshake as soon as the header is there",
          "[proxy_protocol]") {
  RunningServer server(say_who, trusting("127.0.0.1"));
  TestClient client(server.port());
  client.send(kHeader + "GET /ws HTTP/1.1\r\n");
  testing::await("the address",
                 [&] { return peers(server) == std::vector<std::string>{"203.0.113.9:51514"}; });
}

TEST_CASE("a proxy that connects for itself is who it is, and yet one that passes on",
          "[proxy_protocol]") {
  RunningServer server(say_who, trusting("127.0.0.1"));
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), testing::binary_header(0x20, 0, "")}) {
    TestClient client(server.port());
    client.send(header);
    client.open();
    const std::string said = client.next_text();
    const std::size_t middle = said.find(" by ");
    CHECK(said.rfind("127.0.0.1:", 0) == 0);
    CHECK(said.substr(0, middle) == said.substr(middle + 4));
  }
}

TEST_CASE("from anybody else the header is no HTTP: 400, and nobody is taken for another",
          "[proxy_protocol]") {
  for (const Options& options : {quiet_options(), trusting("10.0.0.0/8"), trusting("unix")}) {
    RunningServer server(say_who, options);
    CHECK(head_of(server, kHeader + testing::upgrade_request()).find(" 400 ") == 8);
    CHECK(head_of(server, testing::binary_header(0x21, 0x11, testing::ipv4_block()) +
                              testing::upgrade_request())
              .find(" 400 ") == 8);
    TestClient client(server.port());
    client.open();
    const std::string said = client.next_text();
    CHECK(said.rfind("127.0.0.1:", 0) == 0);
    CHECK(said.substr(said.size() - 4) == " by ");
  }
}

TEST_CASE("a second header is no HTTP, either", "[proxy_protocol]") {
  RunningServer server(say_who, trusting("127.0.0.1"));
  CHECK(head_of(server, kHeader + kHeader + testing::upgrade_request()).find(" 400 ") == 8);
}

TEST_CASE(
    "without a proper header the connection is closed without an answer, and the log says why",
    "[proxy_protocol]") {
  const LogCapture log;
  Options options = trusting("127.0.0.1");
  RunningServer server(say_who, options);
  const auto answer_to = [&](const std::string& bytes) {
    TestClient client(server.port());
    client.send(bytes);
    client.shutdown_send();
    return client.bytes_to_end();
  };
  CHECK(answer_to("PROXY TCP4 203.0.113.9 192.0.2.1 51514 443 \r\n").empty());
  log.await(": no request: the PROXY header is broken");
  CHECK(answer_to("PROXY UNKNOWN " + std::string(93, 'x')).empty());
  log.await(": no request: the PROXY header is too long");
  CHECK(answer_to("PROXY TCP4 203").empty());
  log.await(": no request: the stream ended in the PROXY header");
  CHECK(answer_to("GET / HTTP/1.1").empty());
  log.await(": no request: there is no PROXY header");
}

TEST_CASE("a header that drips in is cut off at the handshake timeout", "[proxy_protocol]") {
  const LogCapture log;
  Options options = trusting("127.0.0.1");
  options.handshake_timeout = std::chrono::milliseconds(50);
  RunningServer server(say_who, options);
  TestClient client(server.port());
  client.send("PROXY TCP4 ");
  CHECK(client.bytes_to_end().empty());
  log.await(": no request: the PROXY header is too slow");
}

}  // namespace
}  // namespace triloop
