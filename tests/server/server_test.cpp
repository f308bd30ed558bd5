// The server around the connections: binding, HTTP, threads and their names.
#include "triloop/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::await;
using testing::await_blocked;
using testing::client_close;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;
using testing::threads_named;

std::string get(std::uint16_t port, const std::string& method, const std::string& path) {
  TestClient client(port);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.bytes_to_end();
}

std::string status_of(const std::string& response) { return response.substr(9, 3); }

TEST_CASE("port 0 takes a free port and says which", "[server][plain]") {
  const Server server(quiet_options());
  CHECK(server.port() != 0);
  CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()) + "/");
}

TEST_CASE("a port that is taken is an error that says where", "[server]") {
  const Server first(quiet_options());
  Options options = quiet_options();
  options.port = first.port();
  try {
    const Server second(options);
    FAIL("two servers on one port");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::address_in_use);
    CHECK(std::string(error.what()).find("127.0.0.1 port " + std::to_string(first.port())) !=
          std::string::npos);
  }
}

TEST_CASE("options that make no sense are refused by name", "[server]") {
  const auto refused = [](auto change) {
    Options options = quiet_options();
    change(options);
    try {
      const Server server(options);
      return std::string();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
  };
  CHECK(refused([](Options&) {}).empty());
  CHECK(refused([](Options& o) { o.queue_messages = 0; }).find("queue_messages") == 0);
  CHECK(refused([](Options& o) { o.queue_bytes = 0; }).find("queue_bytes") == 0);
  CHECK(refused([](Options& o) { o.max_message_bytes = 0; }).find("max_message_bytes") == 0);
  for (const int bad : {-1, 0, 10}) {
    CHECK(refused([bad](Options& o) { o.compress_level = bad; }).find("compress_level") == 0);
  }
  for (const int bad : {0, 8, 16}) {
    CHECK(refused([bad](Options& o) { o.compress_window = bad; }).find("compress_window") == 0);
  }
  CHECK(refused([](Options& o) { o.compress_level = o.compress_window = 9; }).empty());
  CHECK(refused([](Options& o) { o.compress_window = 15; }).empty());
  CHECK(refused([](Options& o) { o.heartbeat = milliseconds(-1); }).find("heartbeat") == 0);
  CHECK(refused([](Options& o) {
          o.handshake_timeout = milliseconds(0);
        }).find("handshake_timeout") == 0);
  CHECK(refused([](Options& o) { o.write_timeout = milliseconds(0); }).find("write_timeout") == 0);
  CHECK(refused([](Options& o) { o.close_timeout = milliseconds(0); }).find("close_timeout") == 0);
  CHECK(refused([](Options& o) { o.drain_timeout = milliseconds(-1); }).find("drain_timeout") == 0);
  for (const int bad : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000}) {
    const auto code = static_cast<std::uint16_t>(bad);
    CHECK(refused([code](Options& o) { o.stop_code = code; }).find("stop_code") == 0);
  }
  for (const int good : {1000, 1003, 1007, 1012, 1014, 3000, 4999}) {
    const auto code = static_cast<std::uint16_t>(good);
    CHECK(refused([code](Options& o) { o.stop_code = code; }).empty());
  }
  CHECK(refused([](Options& o) { o.bind = {}; }).find("bind") == 0);
  CHECK(refused([](Options& o) { o.listen = {"7777"}; }).find("listen") == 0);
  CHECK(refused([](Options& o) { o.take_over = std::string(104, 'p'); }).find("take_over") == 0);
  CHECK(refused([](Options& o) { o.max_connections = 0; }).find("max_connections") == 0);
  CHECK(refused([](Options& o) { o.max_handshakes = 0; }).find("max_handshakes") == 0);
  CHECK(refused([](Options& o) { o.stack_bytes = 65535; }).find("stack_bytes") == 0);
  CHECK(refused([](Options& o) { o.stack_bytes = 65536; }).empty());
  CHECK(refused([](Options& o) { o.ping_interval = milliseconds(-1); }).find("ping_interval") == 0);
  CHECK(refused([](Options& o) { o.pong_timeout = milliseconds(0); }).find("pong_timeout") == 0);
  CHECK(refused([](Options& o) { o.write_timeout = milliseconds::max(); }).find("timeouts") !=
        std::string::npos);
}

TEST_CASE("exactly three threads for each open connection, named, and gone with the peer",
          "[server]") {
  RunningServer server;
  await_blocked("accept");
  const std::size_t before = testing::thread_count();
  {
    TestClient one(server.port()), two(server.port());
    one.open();
    two.open();
    for (const char* name : {"read-1", "proc-1", "write-1", "read-2", "proc-2", "write-2"}) {
      INFO(name);
      await_blocked(name);
      CHECK(threads_named(name).size() == 1);
    }
    CHECK(testing::thread_count() == before + 6);
  }
  await("the threads to be gone", [&] { return testing::thread_count() == before; });
}

TEST_CASE("the threads of a connection that is over serve the next one", "[server]") {
  Options options = quiet_options();
  options.spare_threads = 3;
  const std::size_t before = testing::thread_count();
  {
    RunningServer server(testing::plain_echo, options);
    std::set<long> first;
    for (int connection = 1; connection <= 3; ++connection) {
      std::set<long> ids;
      {
        TestClient client(server.port());
        client.open();
        for (const char* kind : {"read-", "proc-", "write-"}) {
          const std::string name = kind + std::to_string(connection);
          await_blocked(name);
          const std::vector<long> threads = threads_named(name);
          ids.insert(threads.begin(), threads.end());
        }
      }
      CHECK(ids.size() == 3);
      if (connection == 1) first = ids;
      CHECK(ids == first);
      await("three spare threads", [] { return threads_named("spare").size() == 3; });
      await_blocked("accept");  // and so all of them have been joined
    }
  }
  CHECK(testing::thread_count() == before);
}

TEST_CASE("a plain request costs one thread for its short life", "[server]") {
  RunningServer server;
  await_blocked("accept");
  const std::size_t before = testing::thread_count();
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\n");
  await_blocked("read-1");
  CHECK(testing::thread_count() == before + 1);
  client.request("Host: x\r\n\r\n");
  client.shutdown_send();
  await("the thread to be gone", [&] { return testing::thread_count() == before; });
}

TEST_CASE("what is not an upgrade gets an HTTP answer", "[server]") {
  RunningServer server;
  const std::uint16_t port = server.port();
  const std::string page = get(port, "GET", "/");
  CHECK(status_of(page) == "200");
  CHECK(page.find("\r\n\r\n<p>page</p>") != std::string::npos);
  const std::string head = get(port, "HEAD", "/");
  CHECK(head == page.substr(0, page.find("<p>")));
  CHECK(status_of(get(port, "GET", "/?query")) == "200");
  CHECK(status_of(get(port, "GET", "/nothing")) == "404");
  CHECK(status_of(get(port, "HEAD", "/nothing")) == "404");
  const std::string post = get(port, "POST", "/");
  CHECK(status_of(post) == "405");
  CHECK(post.find("Allow: GET, HEAD\r\n") != std::string::npos);
  const std::string plain = get(port, "GET", "/ws");
  CHECK(status_of(plain) == "426");
  CHECK(plain.find("Upgrade: websocket\r\n") != std::string::npos);
  TestClient nonsense(port);
  nonsense.send("nonsense\r\n\r\n");
  CHECK(status_of(nonsense.bytes_to_end()) == "400");
}

TEST_CASE("HEAD gets no body, also when what it asks for is no request", "[server]") {
  RunningServer server;
  for (const char* bytes : {"HEAD / HTTP/2.0\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
                            "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"}) {
    INFO(bytes);
    TestClient client(server.port());
    client.send(bytes);
    client.shutdown_send();
    const std::string answer = client.bytes_to_end();
    CHECK(answer.rfind("HTTP/1.1 ", 0) == 0);
    CHECK(answer.find("\r\n\r\n") == answer.size() - 4);
  }
}

TEST_CASE("who speaks TLS is ended at once, and the log says why", "[server]") {
  const testing::LogCapture log;
  RunningServer server;
  TestClient client(server.port());
  client.send("\x16\x03\x01");  // and waits
  CHECK(client.bytes_to_end().empty());
  log.await("speaks TLS");
}

TEST_CASE("a page that throws is 500 and the server goes on", "[server]") {
  Server server(quiet_options());
  server.page("/", [](const Request&) { return Response{"text/html", "fine"}; });
  server.page("/broken", [](const Request&) -> Response { throw std::runtime_error("no file"); });
  server.page("/worse", [](const Request&) -> Response { throw 42; });
  const testing::Running running(server);
  CHECK(status_of(get(server.port(), "GET", "/broken")) == "500");
  CHECK(status_of(get(server.port(), "GET", "/worse")) == "500");
  CHECK(status_of(get(server.port(), "GET", "/")) == "200");
}

TEST_CASE("each path has its own processor, and one without gets 404", "[server]") {
  Server server(quiet_options());
  const auto says = [](const char* word) {
    return [word](Connection& connection) { connection.write(Message::text(word)); };
  };
  server.handle("/a", says("a"));
  server.handle("/b", says("b"));
  const testing::Running running(server);
  for (const char* path : {"/a", "/b"}) {
    TestClient client(server.port());
    client.open(path);
    CHECK(client.next_text() == path + 1);
  }
  TestClient client(server.port());
  CHECK(status_of(client.request(testing::upgrade_request("/c"))) == "404");
}

TEST_CASE(
    "a path that ends in a * takes what begins so, but a path of its own, or a page, is first",
    "[server]") {
  Server server(quiet_options());
  const auto says = [](const std::string& word) {
    return [word](Connection& self) {
      self.write(Message::text(word + " '" + self.request().rest + "' " + self.path()));
    };
  };
  server.handle("/ws", says("ws"));
  server.handle("/ws/*", says("all"));
  server.handle("/ws/deep/*", says("deep"));
  server.handle("/ws/own", says("own"));
  server.handle("/plain", says("plain"));
  server.page("/ws/page", [](const Request&) { return Response{"text/plain", "page"}; });
  const testing::Running running(server);
  for (const auto& [path, hears] : {std::pair<const char*, const char*>{"/ws", "ws '' /ws"},
                                    {"/ws/own", "own '' /ws/own"},
                                    {"/ws/", "all '' /ws/"},
                                    {"/ws/room?room=b", "all 'room' /ws/room"},
                                    {"/ws/own/", "all 'own/' /ws/own/"},
                                    {"/ws/%2F", "all '%2F' /ws/%2F"},
                                    {"/ws/*", "all '*' /ws/*"},
                                    {"/ws/deep/a/b", "deep 'a/b' /ws/deep/a/b"},
                                    {"/ws/deep/", "deep '' /ws/deep/"},
                                    {"/ws/deep", "all 'deep' /ws/deep"}}) {
    INFO(path);
    TestClient client(server.port());
    client.open(path);
    CHECK(client.next_text() == hears);
  }
  for (const char* path : {"/wsx", "/w", "/", "/ws/page", "/plain/", "/WS"}) {
    INFO(path);
    TestClient client(server.port());
    const std::string status = path == std::string("/ws/page") ? "200" : "404";
    CHECK(status_of(client.request(testing::upgrade_request(path))) == status);
  }
}

TEST_CASE("a page's path may end in a *, too, and is told what stands for it", "[server]") {
  Server server(quiet_options());
  const auto says = [](const std::string& word) {
    return [word](const Request& request) {
      return Response{"text/plain", word + " '" + request.rest + "'"};
    };
  };
  server.page("/*", says("all"));
  server.page("/docs/*", says("docs"));
  server.page("/docs/own", says("own"));
  server.handle("/ws", testing::plain_echo);
  const testing::Running running(server);
  for (const auto& [path, says_what] : {std::pair<const char*, const char*>{"/", "all ''"},
                                        {"/docs", "all 'docs'"},
                                        {"/docs/", "docs ''"},
                                        {"/docs/a/b", "docs 'a/b'"},
                                        {"/docs/own", "own ''"},
                                        {"/*", "all '*'"},
                                        {"/docs/*", "docs '*'"},
                                        {"/x?y", "all 'x'"}}) {
    INFO(path);
    const std::string answer = get(server.port(), "GET", path);
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == says_what);
  }
  CHECK(status_of(get(server.port(), "GET", "/ws")) == "426");
  CHECK(status_of(get(server.port(), "POST", "/x")) == "405");
}

TEST_CASE("a * elsewhere than in a /* at the end of a path is refused", "[server]") {
  Server server(quiet_options());
  const auto page = [](const Request&) { return Response{}; };
  for (const char* path : {"/ws*", "*", "/*/ws", "/a*/*", "/**"}) {
    INFO(path);
    CHECK_THROWS_AS(server.handle(path, testing::plain_echo), std::invalid_argument);
    CHECK_THROWS_AS(server.page(path, page), std::invalid_argument);
  }
  CHECK_NOTHROW(server.handle("/*", testing::plain_echo));
}

TEST_CASE("a request that drips in is cut off at the handshake timeout", "[server]") {
  Options options = quiet_options();
  options.handshake_timeout = milliseconds(100);
  RunningServer server(testing::plain_echo, options);
  const TimePoint start = Clock::now();
  TestClient client(server.port());
  try {
    for (;;) {  // never a pause as long as the timeout
      client.send("G");
      await_blocked("accept");
      if (threads_named("read-1").empty()) break;
    }
  } catch (const std::system_error&) {
    // the server has closed the socket under it
  }
  CHECK(Clock::now() - start >= options.handshake_timeout);
  CHECK(Clock::now() - start < testing::kFailSafe);
}

TEST_CASE("only the origins that are allowed may connect", "[server]") {
  Options options = quiet_options();
  options.allowed_origins = {"https://example.org", "https://*.example.org", "http://localhost:*"};
  RunningServer server(testing::plain_echo, options);
  const auto status = [&](const std::string& header) {
    TestClient client(server.port());
    return status_of(client.request(testing::upgrade_request("/ws", header)));
  };
  for (const char* good : {"https://example.org", "https://a.b.example.org", "HTTPS://Example.ORG",
                           "http://localhost:8080", "http://localhost:"}) {
    INFO(good);
    CHECK(status(std::string("Origin: ") + good + "\r\n") == "101");
  }
  for (const char* bad :
       {"http://example.org", "https://example.org.evil.example", "null", "https://evilexample.org",
        "https://example.org:8443", "http://localhost", "https://example.orgx"}) {
    INFO(bad);
    CHECK(status(std::string("Origin: ") + bad + "\r\n") == "403");
  }
  CHECK(status("") == "101");  // no browser
  CHECK(status("Origin:\r\n") == "403");
  CHECK(status("Origin: https://example.org\r\nOrigin: https://evil.example\r\n") == "400");
}

TEST_CASE("of the subprotocols that a peer offers the server's favourite is chosen", "[server]") {
  Server server(quiet_options());
  server.handle("/ws", [](Connection& self) { self.write(Message::text(self.subprotocol())); },
                {"chat.v2", "chat.v1"});
  const testing::Running running(server);
  const auto agreed = [&](const std::string& header) {
    TestClient client(server.port());
    const std::string head = client.request(testing::upgrade_request("/ws", header));
    const std::string chosen = client.next_text();
    const bool in_head =
        head.find("Sec-WebSocket-Protocol: " + chosen + "\r\n") != std::string::npos;
    CHECK(in_head == !chosen.empty());
    return chosen;
  };
  CHECK(agreed("Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n") == "chat.v2");
  CHECK(agreed("Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: other\r\n") ==
        "chat.v1");
  CHECK(agreed("Sec-WebSocket-Protocol: other, CHAT.V1\r\n").empty());
  CHECK(agreed("").empty());
}

TEST_CASE("a peer that offers no subprotocol of ours comes in, and the log says so", "[server]") {
  const testing::LogCapture log;
  Server server(quiet_options());
  const Processor says = [](Connection& self) { self.write(Message::text(self.subprotocol())); };
  server.handle("/ws", says, {"chat.v2", "chat.v1"});
  server.handle("/plain", says);
  server.handle("/asked", says, {"chat.v2"});
  server.admit("/asked", [](const Request&) { return std::move(let_in().subprotocol("")); });
  const testing::Running running(server);
  int number = 0;
  const auto let_in_as = [&](const std::string& path, const std::string& offer) {
    TestClient client(server.port());
    const std::string head =
        client.request(testing::upgrade_request(path, "Sec-WebSocket-Protocol: " + offer + "\r\n"));
    CHECK(head.find("101 Switching Protocols") != std::string::npos);
    log.await("[" + std::to_string(++number) + "] open: ");
    return client.next_text();
  };
  CHECK(let_in_as("/ws", "mqtt, CHAT.V2").empty());
  log.await(": no subprotocol: it offers mqtt, CHAT.V2; here is chat.v2, chat.v1\n");
  CHECK(let_in_as("/plain", "mqtt").empty());
  log.await(": no subprotocol: it offers mqtt; here is none\n");
  CHECK(let_in_as("/asked", "chat.v2").empty());
  log.await(": no subprotocol: it offers chat.v2; who was asked chose none\n");
  // What a peer chose is cut, and can steer no terminal.
  CHECK(let_in_as("/plain", std::string(199, 'x') + "\xc2\x9b" + std::string(500, 'y')).empty());
  log.await(": it offers " + std::string(199, 'x') + "... (502 bytes more); here is none\n");
  const std::string before = log.text();
  CHECK(let_in_as("/ws", "mqtt, chat.v1") == "chat.v1");
  CHECK(let_in_as("/plain", "").empty());
  CHECK(log.text().substr(before.size()).find("subprotocol") == std::string::npos);
}

TEST_CASE("connections above the limit are told so, and served when there is room again",
          "[server]") {
  Options options = quiet_options();
  options.max_connections = 2;
  RunningServer server(testing::plain_echo, options);
  auto first = std::make_unique<TestClient>(server.port());
  first->open();
  TestClient second(server.port());
  second.open();
  {
    TestClient third(server.port());
    const std::string head = third.request(testing::upgrade_request());
    CHECK(status_of(head) == "503");
    CHECK(head.find("Retry-After: 1\r\n") != std::string::npos);
  }
  second.send_text("still served");
  CHECK(second.next_text() == "still served");
  first.reset();
  await("room", [&] {
    TestClient again(server.port());
    return status_of(again.request(testing::upgrade_request())) == "101";
  });
}

// 200, 503: what those get who come with `bytes` and stay.
std::vector<std::unique_ptr<TestClient>> stay_after(const std::string& bytes, int count,
                                                    const std::string& status, std::uint16_t port) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<TestClient>(port));
    CHECK(status_of(clients.back()->request(bytes)) == status);
  }
  return clients;
}

TEST_CASE("a crowd that is refused and stays takes no place: those who leave make room for others",
          "[server]") {
  Options options = quiet_options();
  options.max_connections = 5;
  RunningServer server(testing::plain_echo, options);
  std::vector<std::unique_ptr<TestClient>> in;
  for (int i = 0; i < 5; ++i) {
    in.push_back(std::make_unique<TestClient>(server.port()));
    in.back()->open();
  }
  const auto crowd = stay_after(testing::upgrade_request(), 20, "503", server.port());
  in.resize(1);
  for (const char* name : {"read-2", "read-3", "read-4", "read-5"}) {
    await("the thread to be gone", [&] { return threads_named(name).empty(); });
  }
  await_blocked("accept");  // so they have been joined
  for (int i = 0; i < 4; ++i) {
    in.push_back(std::make_unique<TestClient>(server.port()));
    CHECK(status_of(in.back()->request(testing::upgrade_request())) == "101");
  }
}

TEST_CASE("who has a page and stays, or has sent half a request, takes no place", "[server]") {
  Options options = quiet_options();
  options.max_connections = 1;
  RunningServer server(testing::plain_echo, options);
  const auto readers = stay_after("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 3, "200", server.port());
  TestClient half(server.port());
  half.send("GET /ws");
  await_blocked("read-4");
  TestClient client(server.port());
  client.open();
  // And pages are there for everybody while the only place is taken.
  CHECK(status_of(get(server.port(), "GET", "/")) == "200");
}

TEST_CASE("a flood of half requests starts no more threads than may be, and keeps nobody out",
          "[server]") {
  Options options = quiet_options();
  options.max_handshakes = 16;
  options.handshake_timeout = testing::kFailSafe;
  RunningServer server(testing::plain_echo, options);
  await_blocked("accept");
  const std::size_t before = testing::thread_count();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(std::make_unique<TestClient>(server.port()));
  await("sixteen", [&] { return testing::thread_count() == before + 16; });
  await_blocked("accept");
  CHECK(testing::thread_count() == before + 16);
  TestClient client(server.port());
  client.open();  // behind 24 others, half of which have a second
}

TEST_CASE("a slow handshake keeps nobody else waiting", "[server]") {
  RunningServer server;
  TestClient slow(server.port());
  slow.send("GET /ws");
  await_blocked("read-1");
  TestClient quick(server.port());
  quick.open();
  quick.send_text("hello");
  CHECK(quick.next_text() == "hello");
}

TEST_CASE("a peer that stays after its answer is kept for a second", "[server]") {
  RunningServer server;
  TestClient client(server.port());
  const TimePoint start = Clock::now();
  client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await("the thread to be gone", [] { return threads_named("read-1").empty(); });
  CHECK(Clock::now() - start >= milliseconds(1000));
}

TEST_CASE("no descriptor left: the server waits, and serves when there is one", "[server]") {
  const testing::LogCapture log;
  RunningServer server;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next) + 1, before.rlim_max};  // the client's socket
  TestClient client(server.port(), 0, [&] { ::setrlimit(RLIMIT_NOFILE, &none); });
  log.await("cannot accept for now");
  ::setrlimit(RLIMIT_NOFILE, &before);
  client.open();
  client.send_text("hello");
  CHECK(client.next_text() == "hello");
}

TEST_CASE("no thread left: that connection is refused, the server goes on", "[server][plain]") {
  const testing::LogCapture log;
  Options options = quiet_options();
  options.stack_bytes = std::size_t{1} << 46;  // more than there is
  RunningServer server(testing::plain_echo, options);
  for (int i = 0; i < 2; ++i) {
    TestClient client(server.port());
    CHECK(client.bytes_to_end().empty());
  }
  log.await("no thread left");
  CHECK(server.stop().empty());
}

TEST_CASE("an answer is not lost to a peer that is still sending", "[server]") {
  RunningServer server;
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" +
              std::string(50'000, 'x'));
  client.shutdown_send();
  CHECK(status_of(client.bytes_to_end()) == "413");
}

}  // namespace
}  // namespace triloop
