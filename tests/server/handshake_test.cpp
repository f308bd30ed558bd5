// What a connection's thread does before there is a connection: the handshake, and who ends it.
#include <chrono>
#include <memory>
#include <string>

#include "net/deadline.h"
#include "net/event.h"
#include "server/admission.h"
#include "server/routes.h"
#include "server/served.h"
#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/test_client.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::FakeSocket;

// A peer that was accepted a moment ago.
class Newcomer {
 public:
  explicit Newcomer(Processor processor = [](Connection& self) { self.read(); })
      : routes_{{{"/ws", {std::move(processor), {}}}}, {}},
        socket_(new FakeSocket),
        served_(1, std::unique_ptr<Socket>(socket_)) {}

  Options options = testing::patient_options();
  FakeSocket& socket() { return *socket_; }
  Served& served() { return served_; }
  void serve(Place* place = nullptr) { served_.serve(routes_, options, threads_, place); }

 private:
  Routes routes_;
  SpareThreads threads_{0, 0};
  FakeSocket* const socket_;
  Served served_;
};

TEST_CASE("a peer that does not take the answer is cut off at the handshake timeout",
          "[handshake][blocks]") {
  Newcomer peer;
  peer.options.handshake_timeout = milliseconds(50);
  peer.socket().deliver(testing::upgrade_request());
  peer.socket().take(10);
  const TimePoint start = Clock::now();
  peer.serve();
  CHECK(Clock::now() - start >= peer.options.handshake_timeout);
  CHECK(peer.socket().sent() == "HTTP/1.1 1");
  CHECK(peer.served().connection() == nullptr);
}

TEST_CASE("a peer that is gone when its answer comes takes no place along", "[handshake]") {
  Event room;
  Admission admission({1, 1, 1}, room);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(admission.may_arrive());
    Place place(admission);
    REQUIRE(place.may_enter());
    Newcomer peer;
    peer.socket().deliver(testing::upgrade_request());
    peer.socket().end_stream();
    peer.socket().fail_sends(std::errc::connection_reset);
    peer.serve(&place);
    CHECK(peer.served().connection() == nullptr);
  }
  Place next(admission);
  CHECK(next.enter());
}

TEST_CASE("stop ends who waits for the rest of a request, without an answer", "[handshake]") {
  Newcomer peer;
  peer.socket().deliver("GET /ws HTTP/1.1\r\n");
  testing::Worker reader([&] { peer.serve(); });
  reader.await_blocked();
  peer.served().stop();
  reader.await_done();
  CHECK(peer.socket().is_shut_down());
  CHECK(peer.socket().sent().empty());
}

// The stop comes while the thread waits for the peer to take the answer.
TEST_CASE("stop lets an answer out that has begun, and drains what becomes of it", "[handshake]") {
  Newcomer peer;
  peer.socket().deliver(testing::upgrade_request());
  peer.socket().take(10);
  peer.socket().end_stream();
  testing::Worker reader([&] { peer.serve(); });
  peer.socket().await_sent("HTTP/1.1 1");
  reader.await_blocked();
  peer.served().stop();
  peer.socket().take(SIZE_MAX);
  reader.await_done();
  CHECK(peer.socket().sent().find("101 Switching Protocols") != std::string::npos);
  CHECK(peer.socket().sent().find("server stopping") != std::string::npos);
  CHECK(peer.served().snapshot().closing == CloseReason{ClosedBy::server, 1001, "server stopping"});
}

TEST_CASE("stop_now ends who is being answered", "[handshake]") {
  Newcomer peer;
  peer.socket().deliver(testing::upgrade_request());
  peer.socket().take(10);
  testing::Worker reader([&] { peer.serve(); });
  peer.socket().await_sent("HTTP/1.1 1");
  reader.await_blocked();
  peer.served().stop_now();
  reader.await_done();
  CHECK(peer.socket().is_shut_down());
}

TEST_CASE("a peer is waited for after its answer, unless too many others are", "[handshake]") {
  const auto unread_with = [](const Admission::Counts& bounds) {
    Event room;
    Admission admission(bounds, room);
    Place place(admission);
    Newcomer peer;
    peer.socket().deliver("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(10'000, 'x'));
    peer.socket().end_stream();
    peer.serve(&place);
    CHECK(peer.socket().sent().substr(9, 3) == "404");
    CHECK(peer.socket().is_send_shut_down());
    return peer.socket().unread();
  };
  CHECK(unread_with({1, 1, 1}).empty());
  CHECK_FALSE(unread_with({1, 1, 0}).empty());
}

TEST_CASE("stop waits for nobody who has its page and stays", "[handshake]") {
  Newcomer peer;
  peer.options.handshake_timeout = std::chrono::hours(1);
  peer.socket().deliver("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  testing::Worker reader([&] { peer.serve(); });
  testing::await("the end of the server's stream",
                 [&] { return peer.socket().is_send_shut_down(); });
  peer.served().stop();
  reader.await_done();
  CHECK(peer.socket().is_shut_down());
}

TEST_CASE("the processor sees path, query, headers and address of its peer", "[handshake]") {
  Request request;
  std::string path, address;
  Newcomer peer([&](Connection& self) {
    request = self.request();
    path = self.path();
    address = self.peer_address();
  });
  peer.socket().deliver(testing::upgrade_request("/ws?room=1"));
  peer.socket().end_stream();
  peer.serve();
  CHECK(path == "/ws");
  CHECK(address == "peer:1");
  CHECK(request.query == "room=1");
  CHECK(request.header("host") == "localhost");
}

}  // namespace
}  // namespace triloop
