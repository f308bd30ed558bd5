#include "net/one_thread.h"

#include <chrono>
#include <string>
#include <system_error>

#include "net/deadline.h"
#include "support/catch.h"
#include "support/fake_connection.h"
#include "support/threads.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using testing::FakeSocket;

TEST_CASE("one thread: all is sent, however little the peer takes at a time",
          "[one_thread][blocks]") {
  FakeSocket peer;
  peer.take(3);
  bool sent = false;
  std::error_code error;
  testing::Worker sender([&] { sent = send_all(peer, "a long answer", kNever, error); });
  for (const char* const so_far : {"a l", "a long", "a long an", "a long answe"}) {
    sender.await_blocked();
    CHECK(peer.sent() == so_far);
    peer.take(3);
  }
  sender.await_done();
  CHECK(sent);
  CHECK_FALSE(error);
  CHECK(peer.sent() == "a long answer");
}

TEST_CASE("one thread: who takes nothing until the deadline is too slow", "[one_thread][blocks]") {
  FakeSocket peer;
  peer.take(3);
  std::error_code error;
  CHECK_FALSE(send_all(peer, "an answer", deadline_in(milliseconds(20)), error));
  CHECK(error == std::errc::operation_would_block);
  CHECK(peer.sent() == "an ");
}

// Always a little, so that the kernel always has room for more.
class Trickle final : public Socket {
 public:
  std::size_t receive(char* /*buffer*/, std::size_t /*size*/, TimePoint /*deadline*/,
                      std::error_code& /*error*/) override {
    return 0;
  }
  std::size_t try_send(const iovec* /*parts*/, std::size_t /*count*/,
                       std::error_code& error) override {
    error.clear();
    ++sent;
    return 1;
  }
  bool wait_writable(TimePoint /*deadline*/) override { return true; }
  Delivery delivery() const override { return {sent, sent}; }
  void shutdown_send() noexcept override {}
  void shutdown() noexcept override {}
  std::string peer_address() const override { return "peer:1"; }

  std::size_t sent = 0;
};

TEST_CASE("one thread: who takes a little for ever is too slow behind the deadline",
          "[one_thread]") {
  Trickle peer;
  std::error_code error;
  CHECK_FALSE(send_all(peer, "an answer", Clock::now(), error));
  CHECK(error == std::errc::operation_would_block);
  CHECK(peer.sent == 1);
}

TEST_CASE("one thread: who is gone is told apart from who is slow", "[one_thread]") {
  FakeSocket peer;
  peer.fail_sends(std::errc::broken_pipe);
  std::error_code error;
  CHECK_FALSE(send_all(peer, "an answer", kNever, error));
  CHECK(error == std::errc::broken_pipe);
}

TEST_CASE("one thread: a peer that says more is waited for until it leaves",
          "[one_thread][blocks]") {
  FakeSocket peer;
  peer.deliver(std::string(10'000, 'x'));
  testing::Worker waiter([&] { await_leaving(peer, kNever); });
  waiter.await_blocked();
  CHECK(peer.unread().empty());
  peer.end_stream();
  waiter.await_done();
}

TEST_CASE("one thread: a peer that stays is waited for no longer than until the deadline",
          "[one_thread][blocks]") {
  FakeSocket peer;
  const TimePoint deadline = deadline_in(milliseconds(20));
  await_leaving(peer, deadline);
  CHECK(Clock::now() >= deadline);
}

}  // namespace
}  // namespace triloop
