// Who may come in: what a function given to Server::admit() may answer, and when it is asked.
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"
#include "triloop/server.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::plain_echo;
using testing::quiet_options;
using testing::Running;
using testing::TestClient;
using testing::upgrade_request;

std::string status_of(const std::string& response) { return response.substr(9, 3); }

bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

// Where a function waits that has been asked, until the test says on.
class Pause {
 public:
  Verdict operator()(const Verdict& verdict = let_in()) {
    ++asked_;
    go_on_.wait();
    return verdict;
  }
  void await_asked(int times = 1) const {
    await("somebody to be asked about", [&] { return asked_ == times; });
  }
  void go_on() { go_on_.fire({}); }

 private:
  Atomic<int> asked_{0};
  Latch go_on_;
};

// A server whose /ws tells its peer that it is in, once it has been let in.
class Gated {
 public:
  explicit Gated(Admit admit, const Options& options = quiet_options(),
                 std::vector<std::string> subprotocols = {})
      : server_(options) {
    const auto greet = [this](Connection& self) {
      ++let_in_;
      self.write(Message::text("in"));
      plain_echo(self);
    };
    server_.handle("/ws", greet, std::move(subprotocols));
    server_.handle("/open", plain_echo);
    server_.admit("/ws", std::move(admit));
    thread_ = Thread("accept", [this] { stuck_ = server_.run(); });
  }
  // Also when the test gives up.
  ~Gated() {
    pause_.go_on();
    server_.stop();
  }
  Gated(const Gated&) = delete;
  Gated& operator=(const Gated&) = delete;

  // The head of the answer.
  std::string ask(const std::string& more = {}) {
    TestClient client(server_.port());
    return client.request(upgrade_request("/ws", more));
  }

  Pause& pause() { return pause_; }
  std::uint16_t port() const { return server_.port(); }
  Server& server() { return server_; }
  int let_in() const { return let_in_; }
  // What run() returns, after stop().
  std::vector<std::uint64_t> await_end() {
    thread_.join();
    return stuck_;
  }

 private:
  Pause pause_;
  Atomic<int> let_in_{0};
  Server server_;
  std::vector<std::uint64_t> stuck_;
  Thread thread_;  // last: it is joined first
};

struct User {
  std::string name;
};

// Counts itself.
class Seat {
 public:
  explicit Seat(Atomic<int>& taken) : taken_(&taken) { ++*taken_; }
  Seat(Seat&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (taken_ != nullptr) --*taken_;
  }

 private:
  Atomic<int>* taken_;
};

TEST_CASE("admit: the processor finds what it was let in with, by its type alone", "[admit]") {
  Server server(quiet_options());
  const auto tell = [](Connection& self) {
    std::string found;
    const auto look = [&](auto get) {
      try {
        found += get() + ";";
      } catch (const std::logic_error&) {
        found += "none;";
      }
    };
    look([&] { return self.admitted<User>().name; });
    look([&] { return self.admitted<std::string>(); });
    look([&] { return std::string(self.admitted<const char*>()); });
    self.write(Message::text(std::move(found)));
  };
  server.handle("/ws", tell);
  server.handle("/nothing", tell);
  server.admit("/ws", [](const Request& request) {
    if (request.parameter("name").empty()) return let_in().value(std::string("text"));
    return let_in().value(User{request.parameter("name")});
  });
  const Running running(server);
  for (const auto& [path, finds] :
       {std::pair<const char*, const char*>{"/ws?name=ann", "ann;none;none;"},
        {"/ws?name=bob", "bob;none;none;"},
        {"/ws", "none;text;none;"},
        {"/nothing", "none;none;none;"}}) {
    INFO(path);
    TestClient client(server.port());
    client.open(path);
    CHECK(client.next_text() == finds);
  }
}

TEST_CASE("admit: what was given is there until the connection is over, and then no longer",
          "[admit]") {
  Atomic<int> taken{0};
  Gated gated([&](const Request&) { return let_in().value(Seat(taken)); });
  {
    TestClient client(gated.port());
    client.open();
    CHECK(client.next_text() == "in");
    CHECK(taken == 1);
  }
  await("the seat to be given back", [&] { return taken == 0; });
}

// Takes its time to go.
class SlowToGo {
 public:
  explicit SlowToGo(Pause& pause) : pause_(&pause) {}
  SlowToGo(SlowToGo&& other) noexcept : pause_(std::exchange(other.pause_, nullptr)) {}
  SlowToGo& operator=(SlowToGo&&) = delete;
  ~SlowToGo() {
    if (pause_ != nullptr) (*pause_)();
  }

 private:
  Pause* pause_;
};

TEST_CASE("admit: what was given may take its time to go, and nobody else waits for that",
          "[admit]") {
  Gated gated([&](const Request&) { return let_in().value(SlowToGo(gated.pause())); });
  {
    TestClient client(gated.port());
    client.open();
  }
  gated.pause().await_asked();  // it goes
  TestClient other(gated.port());
  other.send(upgrade_request("/open"));
  testing::await_standstill();
  const std::uint64_t open = gated.server().snapshot().websockets;
  gated.pause().go_on();
  CHECK(open == 2);
}

TEST_CASE("admit: who is refused gets that answer and the end of the stream, and no processor",
          "[admit]") {
  Response response;
  Gated gated([&](const Request&) { return refuse(response); });
  const std::vector<std::pair<int, std::string>> refusals = {{301, "Moved Permanently"},
                                                             {302, "Found"},
                                                             {303, "See Other"},
                                                             {307, "Temporary Redirect"},
                                                             {308, "Permanent Redirect"},
                                                             {401, "Unauthorized"},
                                                             {403, "Forbidden"},
                                                             {429, "Too Many Requests"},
                                                             {451, "Unavailable For Legal Reasons"},
                                                             {503, "Service Unavailable"}};
  for (const auto& [status, phrase] : refusals) {
    INFO(status);
    response = {"text/plain", "not you\n", {{"Location", "/login"}, {"Retry-After", "7"}}, status};
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"chat\"");
    TestClient client(gated.port());
    client.send(upgrade_request());
    const std::string answer = client.bytes_to_end();
    CHECK(answer.rfind("HTTP/1.1 " + std::to_string(status) + " " + phrase + "\r\n", 0) == 0);
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == "not you\n");
    for (const char* line : {"Location: /login", "Retry-After: 7", "Connection: close",
                             "WWW-Authenticate: Bearer realm=\"chat\""}) {
      CHECK(has_line(answer, line));
    }
  }
  CHECK(gated.let_in() == 0);
}

TEST_CASE("admit: its headers stand in the 101, those of one name in several lines", "[admit]") {
  Gated gated([](const Request&) {
    return let_in()
        .header("Set-Cookie", "a=1; HttpOnly")
        .header("Set-Cookie", "b=2")
        .header("X-Empty", "");
  });
  const std::string head = gated.ask();
  CHECK(status_of(head) == "101");
  for (const char* line :
       {"Set-Cookie: a=1; HttpOnly", "Set-Cookie: b=2", "X-Empty: ", "Upgrade: websocket",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}) {
    INFO(line);
    CHECK(has_line(head, line));
  }
}

TEST_CASE("admit: what may not be sent, or makes no sense, is 500 and a line of the log",
          "[admit]") {
  const testing::LogCapture log;
  std::function<Verdict()> answer;
  Gated gated([&](const Request&) { return answer(); });
  const auto fails = [&](const char* why, std::function<Verdict()> with) {
    INFO(why);
    answer = std::move(with);
    const std::string head = gated.ask("Sec-WebSocket-Protocol: chat\r\n");
    CHECK(status_of(head) == "500");
    CHECK_FALSE(has_line(head, "X-Evil: yes"));
    log.await(std::string("/ws: ") + why);
  };
  for (const char* name : {"Upgrade", "CONNECTION", "sec-websocket-accept", "Sec-WebSocket-Key",
                           "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Content-Length",
                           "Content-Type", "Transfer-Encoding", "Trailer"}) {
    const std::string why = std::string("the header ") + name + " of an upgrade is not yours";
    fails(why.c_str(), [name] { return let_in().header(name, "1"); });
  }
  for (const char* value : {"a\r\nX-Evil: yes", "a\nX-Evil: yes", "a\rb", "\x01", "\x7f"}) {
    fails("a control character in the header X-Good",
          [value] { return let_in().header("X-Good", value); });
    fails("a control character in the header Location", [value] {
      return refuse({"text/plain", "", {{"Location", value}}, 302});
    });
  }
  for (const char* name : {"", "a b", "a:", "a\r\nX-Evil: yes\r\nb", "\xc3\xbc"}) {
    fails("the name of a header is a token", [name] { return let_in().header(name, "1"); });
  }
  for (const int status : {0, 101, 200, 299, 600}) {
    const std::string why =
        "a refusal has a status from 300 to 599, and not " + std::to_string(status);
    fails(why.c_str(), [status] { return refuse({"text/plain", "", {}, status}); });
  }
  fails("admit chose a subprotocol that the peer does not offer",
        [] { return let_in().subprotocol("chat.2"); });
  fails("a refusal does not take a value", [] {
    return refuse({"text/plain", "", {}, 403}).value(1);
  });
  fails("a refusal does not take a header", [] {
    return refuse({"text/plain", "", {}, 403}).header("X-More", "1");
  });
  fails("a refusal does not take a subprotocol", [] {
    return refuse({"text/plain", "", {}, 403}).subprotocol("chat");
  });
  fails("no database", []() -> Verdict { throw std::runtime_error("no database"); });
  fails("no std::exception", []() -> Verdict { throw 42; });
  CHECK(gated.let_in() == 0);
  answer = [] { return let_in(); };
  CHECK(status_of(gated.ask()) == "101");
}

TEST_CASE("admit: a subprotocol of its choice stands instead of the server's favourite",
          "[admit]") {
  Gated gated(
      [](const Request& request) {
        const std::string wish = request.parameter("wish");
        if (wish.empty()) return let_in();
        return let_in().subprotocol(wish == "none" ? "" : wish);
      },
      quiet_options(), {"chat.2", "chat.1"});
  const auto chosen = [&](const std::string& wish) {
    TestClient client(gated.port());
    const std::string head = client.request(
        upgrade_request("/ws?wish=" + wish, "Sec-WebSocket-Protocol: chat.1, mine, chat.2\r\n"));
    const std::string name = "Sec-WebSocket-Protocol: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) return std::string("none");
    return head.substr(at + name.size(), head.find('\r', at) - at - name.size());
  };
  CHECK(chosen("") == "chat.2");
  CHECK(chosen("chat.1") == "chat.1");
  CHECK(chosen("mine") == "mine");
  CHECK(chosen("none") == "none");
}

TEST_CASE("admit: it is asked only about what could be let in, and never about a page", "[admit]") {
  Atomic<int> asked{0};
  Options options = quiet_options();
  options.allowed_origins = {"https://here.example"};
  options.max_connections = 1;
  Server server(options);
  server.handle("/ws", plain_echo);
  server.handle("/open", plain_echo);
  server.page("/ws/page", [](const Request&) { return Response{"text/plain", "page"}; });
  server.admit("/*", [&](const Request& request) {
    if (request.path != "/open") ++asked;
    return let_in();
  });
  const Running running(server);
  const auto answer_to = [&](const std::string& bytes) {
    TestClient client(server.port());
    return status_of(client.request(bytes));
  };
  CHECK(answer_to("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n") == "426");
  CHECK(answer_to("HEAD /ws HTTP/1.1\r\nHost: h\r\n\r\n") == "405");
  CHECK(answer_to("POST /ws HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n") == "405");
  std::string bad_key = upgrade_request();
  bad_key.replace(bad_key.find("dGhl"), 4, "d G ");
  CHECK(answer_to(bad_key) == "400");
  CHECK(answer_to(upgrade_request("/ws", "Origin: https://evil.example\r\n")) == "403");
  CHECK(answer_to("GET /ws/page HTTP/1.1\r\nHost: h\r\n\r\n") == "200");
  CHECK(answer_to(upgrade_request("/nothing")) == "404");
  {
    TestClient only(server.port());
    only.open("/open");
    CHECK(answer_to(upgrade_request()) == "503");
  }
  CHECK(asked == 0);
  await("room", [&] { return answer_to(upgrade_request()) == "101"; });
  CHECK(asked == 1);
}

TEST_CASE("admit: the most specific function decides, whatever path the processor has", "[admit]") {
  Server server(quiet_options());
  const auto says = [](const char* who) {
    return [who](const Request& request) {
      return refuse({"text/plain", std::string(who) + " '" + request.rest + "'", {}, 403});
    };
  };
  server.admit("/ws/*", says("all"));  // before there are processors
  server.admit("/ws/deep/*", says("deep"));
  server.admit("/ws/own", says("overwritten"));
  server.admit("/ws/own", says("own"));
  server.admit("/a", says("a"));
  server.handle("/ws/*", plain_echo);
  server.handle("/ws/own", plain_echo);
  server.handle("/ws/mine", plain_echo);
  server.handle("/a", plain_echo);
  server.handle("/b", plain_echo);
  const Running running(server);
  for (const auto& [path, hears] : {std::pair<const char*, const char*>{"/ws/x?y=1", "all 'x'"},
                                    {"/ws/", "all ''"},
                                    {"/ws/mine", "all ''"},
                                    {"/ws/own", "own ''"},
                                    {"/ws/own/", "all 'own/'"},
                                    {"/ws/deep/x", "deep 'deep/x'"},
                                    {"/ws/%6fwn", "all '%6fwn'"},
                                    {"/a", "a ''"}}) {
    INFO(path);
    TestClient client(server.port());
    client.send(upgrade_request(path));
    const std::string answer = client.bytes_to_end();
    CHECK(status_of(answer) == "403");
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == hears);
  }
  TestClient free(server.port());
  free.open("/b");
}

TEST_CASE("admit: a gate through which nobody could come is a mistake, and nobody is accepted",
          "[admit]") {
  const auto runs = [](const std::string& gate) {
    Server server(quiet_options());
    server.handle("/ws", plain_echo);
    server.handle("/rooms/*", plain_echo);
    server.page("/rooms/page", [](const Request&) { return Response(); });
    server.admit(gate, [](const Request&) { return let_in(); });
    server.stop();
    try {
      server.run();
    } catch (const std::logic_error& error) {
      CHECK(error.what() == "admit: there is no processor at " + gate);
      return false;
    }
    return true;
  };
  for (const char* good : {"/ws", "/*", "/rooms/*", "/rooms/a", "/rooms/", "/rooms/a/*"}) {
    INFO(good);
    CHECK(runs(good));
  }
  for (const char* bad : {"/wss", "/ws/", "/ws/*", "/rooms", "/rooms/page", "/room/*", ""}) {
    INFO(bad);
    CHECK_FALSE(runs(bad));
  }
  Server server(quiet_options());
  CHECK_THROWS_AS(server.admit("/ws*", [](const Request&) { return let_in(); }),
                  std::invalid_argument);
}

TEST_CASE("admit: while somebody is asked about, others are served, and what comes is kept",
          "[admit]") {
  Gated gated([&](const Request&) { return gated.pause()(); });
  TestClient waits(gated.port());
  waits.send(upgrade_request());
  gated.pause().await_asked();
  waits.send_text("early");
  TestClient other(gated.port());
  other.open("/open");
  other.send_text("served");
  CHECK(other.next_text() == "served");
  gated.pause().go_on();
  CHECK(status_of(waits.request("")) == "101");
  CHECK(waits.next_text() == "in");
  CHECK(waits.next_text() == "early");
}

TEST_CASE("admit: who was asked about longer than the handshake timeout is still answered",
          "[admit]") {
  Options options = quiet_options();
  options.handshake_timeout = milliseconds(50);
  const Latch never;
  bool good = true;
  Gated gated(
      [&](const Request&) {
        never.wait_until(Clock::now() + 2 * options.handshake_timeout);
        return good ? let_in() : refuse({"text/plain", "", {}, 403});
      },
      options);
  TestClient client(gated.port());
  client.open();
  CHECK(client.next_text() == "in");
  good = false;
  CHECK(status_of(gated.ask()) == "403");
}

TEST_CASE(
    "admit: a peer that leaves while it is asked about is not let in, and takes nothing along",
    "[admit]") {
  const testing::LogCapture log;
  Atomic<int> taken{0};
  Options options = quiet_options();
  options.max_connections = 1;
  for (const bool by_reset : {false, true}) {
    INFO("by reset: " << by_reset);
    Gated gated(
        [&](const Request&) {
          return gated.pause()(let_in().value(std::make_shared<Seat>(taken)));
        },
        options);
    {
      TestClient client(gated.port());
      client.send(upgrade_request());
      gated.pause().await_asked();
      CHECK(taken == 1);
      if (by_reset) client.reset();
    }
    gated.pause().go_on();
    await("what it was given to go", [&] { return taken == 0; });
    log.await("left while it was asked about");
    TestClient next(gated.port());
    next.open("/open");  // the only place is free
    CHECK(gated.let_in() == 0);
  }
}

TEST_CASE("admit: when the last place goes meanwhile it is 503, and what was given is destroyed",
          "[admit]") {
  Atomic<int> taken{0};
  Options options = quiet_options();
  options.max_connections = 1;
  Gated gated(
      [&](const Request&) { return gated.pause()(let_in().value(std::make_shared<Seat>(taken))); },
      options);
  TestClient late(gated.port());
  late.send(upgrade_request());
  gated.pause().await_asked();
  TestClient quick(gated.port());
  quick.open("/open");
  gated.pause().go_on();
  const std::string answer = late.bytes_to_end();
  CHECK(status_of(answer) == "503");
  CHECK(has_line(answer, "Retry-After: 1"));
  CHECK(taken == 0);
  CHECK(gated.let_in() == 0);
}

TEST_CASE("admit: who is asked about takes no place of those who are let in", "[admit]") {
  Options options = quiet_options();
  options.max_connections = 2;
  Gated gated(
      [&](const Request&) {
        return gated.pause()(refuse({"text/plain", "", {}, 401}));
      },
      options);
  std::vector<std::unique_ptr<TestClient>> crowd;
  for (int i = 0; i < 5; ++i) {
    crowd.push_back(std::make_unique<TestClient>(gated.port()));
    crowd.back()->send(upgrade_request());
  }
  gated.pause().await_asked(5);
  TestClient one(gated.port()), two(gated.port());
  one.open("/open");
  two.open("/open");
  gated.pause().go_on();
  for (const auto& each : crowd) CHECK(status_of(each->request("")) == "401");
}

TEST_CASE("admit: stop() waits for who is being asked about: it is let in, and told 1001",
          "[admit]") {
  Gated gated([&](const Request&) { return gated.pause()(); });
  TestClient client(gated.port());
  client.send(upgrade_request());
  gated.pause().await_asked();
  gated.server().stop();
  testing::await_standstill();
  gated.pause().go_on();
  REQUIRE(status_of(client.request("")) == "101");
  const std::vector<testing::ServerFrame> frames = client.frames_to_end();
  REQUIRE(frames.size() >= 1);
  CHECK(frames.back().close_code() == 1001);
  client.shutdown_send();
  CHECK(gated.await_end().empty());
}

TEST_CASE("admit: one that does not return is named by run(), and its peer is cut off", "[admit]") {
  Options options = quiet_options();
  options.drain_timeout = milliseconds(10);
  Gated gated([&](const Request&) { return gated.pause()(); }, options);
  TestClient client(gated.port());
  client.send(upgrade_request());
  gated.pause().await_asked();
  gated.server().stop();
  CHECK(gated.await_end() == std::vector<std::uint64_t>{1});
  CHECK(client.bytes_to_end().empty());
}

TEST_CASE("admit: a verdict can be looked at without a server", "[admit]") {
  const auto only_ann = [](const Request& request) {
    if (request.parameter("name") == "ann") return let_in();
    return refuse({"text/plain", "who?\n", {}, 403});
  };
  Request request;
  request.query = "name=ann";
  CHECK_FALSE(only_ann(request).refusal());
  request.query = "name=bob";
  const Verdict verdict = only_ann(request);
  REQUIRE(verdict.refusal());
  CHECK(verdict.refusal()->status == 403);
  CHECK(verdict.refusal()->body == "who?\n");
  CHECK_THROWS_AS(refuse({"text/plain", "", {{"X", "a\r\nb"}}, 403}), std::invalid_argument);
}

}  // namespace
}  // namespace triloop
