// What one address may have, and what it gets beyond that: over TCP.
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

// The tests play a proxy, so that their peers may have any address.
Options behind_a_proxy() {
  Options options = quiet_options();
  options.proxy_protocol_from = {"127.0.0.1"};
  return options;
}

// As a peer that has this address.
class Peer {
 public:
  Peer(const RunningServer& server, const std::string& address) : client_(server.port()) {
    const bool ipv6 = address.find(':') != std::string::npos;
    client_.send(std::string("PROXY ") + (ipv6 ? "TCP6 " : "TCP4 ") + address +
                 (ipv6 ? " ::1" : " 127.0.0.1") + " 4000 80\r\n");
  }

  std::string upgrade() { return client_.request(testing::upgrade_request()); }
  std::string get() { return client_.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n"); }
  TestClient& client() { return client_; }

 private:
  TestClient client_;
};

bool is(const std::string& head, int status) {
  return head.find(' ' + std::to_string(status) + ' ') == 8;
}

TEST_CASE("an address with as many connections as it may have gets 429, others come in",
          "[address_limits]") {
  Options options = behind_a_proxy();
  options.max_connections_per_address = 2;
  RunningServer server(testing::plain_echo, options);
  Peer first(server, "203.0.113.9"), second(server, "203.0.113.9"), third(server, "203.0.113.9");
  CHECK(is(first.upgrade(), 101));
  CHECK(is(second.upgrade(), 101));
  const std::string refusal = third.upgrade();
  CHECK(is(refusal, 429));
  CHECK(refusal.find("429 Too Many Requests\r\n") != std::string::npos);
  CHECK(refusal.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(is(Peer(server, "203.0.113.10").upgrade(), 101));
  CHECK_FALSE(is(Peer(server, "203.0.113.9").get(), 429));
  first.client().reset();
  testing::await("a place for the next one",
                 [&] { return is(Peer(server, "203.0.113.9").upgrade(), 101); });
}

TEST_CASE("an address that asks for upgrades too often gets 429 and is told when, others come in",
          "[address_limits]") {
  Options options = behind_a_proxy();
  options.handshakes_per_second = 1;
  RunningServer server(testing::plain_echo, options);
  const auto since = Clock::now();
  std::string head;
  int let_in = 0;
  do {  // as many as the burst, and one more for each second that it takes
    head = Peer(server, "2001:db8::" + std::to_string(++let_in)).upgrade();
  } while (is(head, 101));
  CHECK(let_in > 10);
  CHECK(let_in - 12 <=
        std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - since).count());
  CHECK(is(head, 429));
  CHECK(head.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(is(Peer(server, "2001:db8:0:1::1").upgrade(), 101));
}

// One look at a page is many requests.
TEST_CASE("pages are no handshakes, and a refused upgrade is one", "[address_limits]") {
  Options options = behind_a_proxy();
  options.handshakes_per_second = 1;
  options.allowed_origins = {"https://example.org"};
  RunningServer server(testing::plain_echo, options);
  for (int i = 0; i < 30; ++i) CHECK(is(Peer(server, "203.0.113.9").get(), 200));
  const std::string request = testing::upgrade_request("/ws", "Origin: https://evil.example\r\n");
  std::vector<std::string> answers;
  do {
    Peer peer(server, "203.0.113.9");
    answers.push_back(peer.client().request(request));
  } while (is(answers.back(), 403));
  CHECK(answers.size() > 10);
  CHECK(is(answers.back(), 429));
}

}  // namespace
}  // namespace triloop
