// What a server says about its connections, and who may see it.
#include "demo/inspect.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "demo/lab.h"
#include "server/roster.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::await;
using testing::client_close;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;
using State = ConnectionSnapshot::State;

std::size_t count(const ServerSnapshot& snapshot, State state) {
  std::size_t count = 0;
  for (const auto& one : snapshot.connections) count += one.state == state ? 1 : 0;
  return count;
}

TEST_CASE("snapshot: those that are there, and those that have ended", "[inspect]") {
  RunningServer server;
  TestClient stays(server.port());
  stays.open();
  {
    TestClient leaves(server.port());
    leaves.open();
    leaves.send(client_close(1000, "bye"));
    leaves.frames_to_end();
  }
  await("one to have ended", [&] {
    const ServerSnapshot now = server.server().snapshot();
    return count(now, State::ended) == 1 && count(now, State::open) == 1;
  });
  const ServerSnapshot now = server.server().snapshot();
  REQUIRE(now.connections.size() == 2);
  CHECK(now.accepted == 2);
  CHECK(now.connections[0].id == 1);
  CHECK(now.connections[0].state == State::open);
  CHECK(now.connections[1].state == State::ended);
  REQUIRE(now.connections[1].closed);
  CHECK(now.connections[1].closed->text == "bye");
}

TEST_CASE("snapshot: one that shakes hands has no threads to show, and leaves no trace",
          "[inspect]") {
  RunningServer server;
  {
    TestClient client(server.port());
    client.send("GET /ws HTTP/1.1\r\n");
    await("the connection",
          [&] { return count(server.server().snapshot(), State::handshake) == 1; });
    const ConnectionSnapshot one = server.server().snapshot().connections.at(0);
    CHECK(one.reader.doing == Doing::not_started);
    CHECK(one.path.empty());
  }
  await("it to be gone", [&] { return server.server().snapshot().connections.empty(); });
  CHECK(server.server().snapshot().accepted == 1);
}

TEST_CASE("snapshot: no more of the ended are kept than is said", "[inspect]") {
  RunningServer server;
  const std::size_t more = Roster::kEnded + 3;
  for (std::size_t i = 0; i < more; ++i) {
    TestClient client(server.port());
    client.open();
    client.reset();
    await("it to end", [&] {
      const ServerSnapshot now = server.server().snapshot();
      return now.accepted == i + 1 && count(now, State::ended) == now.connections.size() &&
             !now.connections.empty() && now.connections.back().id == i + 1;
    });
  }
  const ServerSnapshot now = server.server().snapshot();
  REQUIRE(now.connections.size() == Roster::kEnded);
  CHECK(now.connections.front().id == more - Roster::kEnded + 1);
}

TEST_CASE("snapshot: may be taken by several threads while connections come and go", "[inspect]") {
  RunningServer server;
  Atomic<bool> done{false};
  const auto look = [&] {
    while (!done.load()) {
      for (const auto& one : server.server().snapshot().connections) {
        static_cast<void>(one.peer_address.size() + one.path.size());
      }
    }
  };
  Thread one("looks-1", look), two("looks-2", look);
  for (int i = 0; i < 50; ++i) {
    TestClient client(server.port());
    client.open();
    client.send_text("x");
    CHECK(client.next_text() == "x");
    client.send(client_close(1000));
    client.frames_to_end();
  }
  done.store(true);
  one.join();
  two.join();
}

// Who looks at it sees it open, then closing, then ended; never a moment without it.
TEST_CASE("snapshot: a connection that ends is in every one of them", "[inspect]") {
  constexpr int kRounds = 20;
  int missing = 0;
  for (int round = 0; round < kRounds; ++round) {
    RunningServer server;
    std::vector<std::unique_ptr<TestClient>> clients;
    for (std::size_t i = 0; i < Roster::kEnded; ++i) {
      clients.push_back(std::make_unique<TestClient>(server.port()));
      clients.back()->open();
    }
    await("all to be open",
          [&] { return count(server.server().snapshot(), State::open) == Roster::kEnded; });
    clients.clear();
    for (std::size_t ended = 0; ended < Roster::kEnded;) {
      const ServerSnapshot now = server.server().snapshot();
      missing += now.connections.size() == Roster::kEnded ? 0 : 1;
      ended = count(now, State::ended);
    }
  }
  CHECK(missing == 0);
}

// -- As JSON --------------------------------------------------------------------------------------

TEST_CASE("inspect: the JSON has what docs/inspect.md says", "[inspect]") {
  RunningServer server;
  TestClient client(server.port());
  client.open();
  await("its three threads", [&] { return count(server.server().snapshot(), State::open) == 1; });
  const json all = json::parse(to_json(server.server().snapshot()));
  CHECK(all["time"].get<double>() > 0);
  CHECK(all["accepted"] == 1);
  const json& one = all["connections"].at(0);
  CHECK(one["id"] == 1);
  CHECK(one["path"] == "/ws");
  CHECK(one["state"] == "open");
  CHECK(one["age"].get<double>() > 0);
  for (const char* thread : {"reader", "processor", "writer"}) {
    CHECK(one["threads"][thread]["doing"].is_string());
    CHECK(one["threads"][thread]["seconds"]["working"].is_number());
    CHECK(one["threads"][thread]["left"].is_null());
  }
  for (const char* queue : {"in", "out"}) {
    CHECK(one["queues"][queue]["max_messages"] == 1000);
    CHECK(one["queues"][queue]["messages"] == 0);
  }
  CHECK(one["latch"]["closing"].is_null());
  CHECK(one["received"]["messages"] == 0);
  CHECK(one["sent"]["bytes"] == 0);
}

// What a connection that asks for this path is shown as, once it is open.
json shown_as(RunningServer& server, TestClient& client, const std::string& path) {
  const std::size_t before = count(server.server().snapshot(), State::open);
  client.open(path);
  await("it to be open",
        [&] { return count(server.server().snapshot(), State::open) == before + 1; });
  json opened;  // others may have come, and not asked for anything yet
  const json all = json::parse(to_json(server.server().snapshot()));
  for (const json& one : all["connections"]) {
    if (one["state"] == "open") opened = one;
  }
  return opened;
}

TEST_CASE("inspect: WebSockets have numbers, which plain requests do not count", "[inspect]") {
  RunningServer server;
  TestClient page(server.port()), one(server.port()), two(server.port());
  page.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  page.bytes_to_end();
  CHECK(shown_as(server, one, "/ws")["number"] == 1);
  CHECK(shown_as(server, two, "/ws")["number"] == 2);
  CHECK(json::parse(to_json(server.server().snapshot()))["websockets"] == 2);
  TestClient shakes_hands(server.port());
  shakes_hands.send("GET /ws HTTP/1.1\r\n");
  await("the connection", [&] { return server.server().snapshot().accepted == 4; });
  CHECK(json::parse(to_json(server.server().snapshot()))["connections"].back()["number"].is_null());
}

TEST_CASE("inspect: of a query nothing is told but the tab, and that only if it is plain",
          "[inspect]") {
  Options options = quiet_options();
  Server server(options);
  server.handle("/ws", testing::plain_echo);
  server.label_connections("tab");
  const testing::Running running(server);
  const auto tab_of = [&](const std::string& query) {
    TestClient client(server.port());
    client.open("/ws?" + query);
    client.send_text("x");
    client.next_text();
    const std::string all = to_json(server.snapshot());
    CHECK(all.find("secret") == std::string::npos);
    return json::parse(all)["connections"].back().value("tab", "none");
  };
  CHECK(tab_of("token=secret&tab=Ab_9-") == "Ab_9-");
  CHECK(tab_of("tab=" + std::string(40, 'a')) == std::string(40, 'a'));
  CHECK(tab_of("tab=" + std::string(41, 'a')) == "none");
  for (const char* query : {"tab=", "tab=a%20b", "tab=a.b", "tab=<b>", "tabs=a", "token=secret"}) {
    INFO(query);
    CHECK(tab_of(query) == "none");
  }
}

TEST_CASE("inspect: a connection with a tab tells where its last message was", "[inspect]") {
  Server server(quiet_options());
  serve_lab(server, quiet_options());
  server.label_connections("tab");
  const testing::Running running(server);
  TestClient followed(server.port()), stranger(server.port());
  followed.open("/lab?tab=a&delay=20ms");
  stranger.open("/lab");
  const auto shown = [&](bool has_tab) {
    json found;
    const json all = json::parse(to_json(server.snapshot()));
    for (const json& one : all["connections"]) {
      if (one["state"] == "open" && one.contains("tab") == has_tab) found = one;
    }
    return found;
  };
  await("both", [&] { return !shown(true).is_null() && !shown(false).is_null(); });
  CHECK(shown(true)["followed"].is_null());
  followed.send_text("hello");
  followed.next_text();
  await("its message to be through", [&] { return !shown(true)["followed"].is_null(); });
  const json last = shown(true)["followed"];
  CHECK(last["message"] == 1);
  CHECK(last["bytes"] == 5);
  CHECK(last["seconds"]["processing"].get<double>() >= 0.02);
  for (const char* place : {"in_queue", "out_queue", "sending"}) {
    CHECK(last["seconds"][place].get<double>() >= 0);
  }
  CHECK_FALSE(shown(false).contains("followed"));
}

TEST_CASE("inspect: a reason is shown with who gave it, and bytes that are no text do no harm",
          "[inspect]") {
  ServerSnapshot snapshot;
  snapshot.connections.resize(1);
  snapshot.connections[0].path = "/\xff";
  snapshot.connections[0].closed = CloseReason{ClosedBy::network, 1006, "\"\n<b>"};
  const json one = json::parse(to_json(snapshot))["connections"].at(0);
  CHECK(one["path"] == "/\xEF\xBF\xBD");
  CHECK(one["latch"]["closed"] == json({{"by", "network"}, {"code", 1006}, {"reason", "\"\n<b>"}}));
}

// -- Who may look ---------------------------------------------------------------------------------

bool local(const std::string& peer, const std::string& host, const std::string& origin = {}) {
  Request request;
  request.peer_address = peer;
  request.headers["Host"] = host;
  if (!origin.empty()) request.headers["Origin"] = origin;
  return is_local(request);
}

TEST_CASE("inspect: local is a peer on this machine, by a name of this machine", "[inspect]") {
  CHECK(local("127.0.0.1:1", "localhost:7777"));
  CHECK(local("127.1.2.3:1", "127.0.0.1"));
  CHECK(local("[::1]:1", "[::1]:7777"));
  CHECK(local("[::ffff:127.0.0.1]:1", "localhost"));
  CHECK(local("127.0.0.1:1", "LocalHost:7777"));
  CHECK_FALSE(local("192.0.2.1:1", "localhost:7777"));
  CHECK_FALSE(local("[2001:db8::1]:1", "[::1]:7777"));
  CHECK_FALSE(local("127.0.0.1:1", "example.org"));
  CHECK_FALSE(local("127.0.0.1:1", "localhost.example.org"));
  CHECK_FALSE(local("127.0.0.1:1", "127.example.org"));
}

TEST_CASE("inspect: what a proxy on this machine passes on is not local", "[inspect]") {
  for (const char* header : {"X-Forwarded-For", "x-real-ip", "Forwarded", "Via"}) {
    Request request;
    request.peer_address = "127.0.0.1:1";
    request.headers = {{"Host", "localhost"}};
    CHECK(is_local(request));
    request.headers[header] = "";  // it is there: that is enough
    CHECK_FALSE(is_local(request));
  }
  Request request;  // the proxy speaks the PROXY protocol, and its own machine is not this one
  request.peer_address = "127.0.0.1:1";
  request.headers = {{"Host", "localhost"}};
  request.passed_on_by = "10.0.0.1:1";
  CHECK_FALSE(is_local(request));
}

TEST_CASE("inspect: of web pages only the server's own", "[inspect]") {
  CHECK(local("127.0.0.1:1", "localhost:7777", "http://localhost:7777"));
  CHECK_FALSE(local("127.0.0.1:1", "localhost:7777", "http://localhost:8080"));
  CHECK_FALSE(local("127.0.0.1:1", "localhost:7777", "https://example.org"));
  CHECK_FALSE(local("127.0.0.1:1", "localhost:7777", "null"));
  CHECK(local("127.0.0.1:1", "LOCALHOST:7777", "http://localhost:7777"));
  Request request;
  request.peer_address = "127.0.0.1:1";
  request.headers = {{"Host", "localhost"}, {"Origin", ""}};
  CHECK_FALSE(is_local(request));
}

// A server that shows itself.
struct Shown {
  explicit Shown(InspectAccess access) : server(quiet_options()) {
    server.handle("/ws", testing::plain_echo);
    serve_inspect(server, access);
    thread = Thread("accept", [this] { server.run(); });
  }
  ~Shown() { server.stop(); }

  std::string get(const std::string& host) {
    TestClient client(server.port());
    client.send("GET /inspect.json HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return client.bytes_to_end();
  }

  Server server;
  Thread thread;
};

TEST_CASE("inspect: who may not look gets 403, before an upgrade, too", "[inspect]") {
  Shown shown(InspectAccess::kLocal);
  CHECK(shown.get("localhost").find("HTTP/1.1 200") == 0);
  const std::string refused = shown.get("example.org");
  CHECK(refused.find("HTTP/1.1 403") == 0);
  CHECK(refused.find("connections") == std::string::npos);

  TestClient client(shown.server.port());
  const std::string upgrade =
      client.request(testing::upgrade_request("/inspect", "Origin: http://example.org\r\n"));
  CHECK(upgrade.find("HTTP/1.1 403") == 0);
}

TEST_CASE("inspect: any and off", "[inspect]") {
  {
    Shown shown(InspectAccess::kAny);
    CHECK(shown.get("example.org").find("HTTP/1.1 200") == 0);
  }
  Shown shown(InspectAccess::kOff);
  CHECK(shown.get("localhost").find("HTTP/1.1 404") == 0);
}

TEST_CASE("inspect: snapshots come one after the other until the peer closes", "[inspect]") {
  Shown shown(InspectAccess::kLocal);
  TestClient client(shown.server.port());
  client.open("/inspect");
  const double first = json::parse(client.next_text())["time"];
  const double second = json::parse(client.next_text())["time"];
  CHECK(second > first);
  client.send(client_close(1000));
  CHECK(client.frames_to_end().back().close_code() == 1000);
}

}  // namespace
}  // namespace triloop
