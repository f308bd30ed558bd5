#include "triloop/latch.h"

#include "support/catch.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::Worker;

const CloseReason kFirst{ClosedBy::peer, 1000, "first"};
const CloseReason kSecond{ClosedBy::network, 1006, "second"};

TEST_CASE("a new latch is open", "[latch]") {
  const Latch latch;
  CHECK_FALSE(latch.fired());
  CHECK(latch.reason() == std::nullopt);
}

TEST_CASE("the latch fires once and the first reason stays", "[latch]") {
  Latch latch;
  CHECK(latch.fire(kFirst));
  CHECK_FALSE(latch.fire(kSecond));
  CHECK(latch.fired());
  CHECK(latch.reason() == kFirst);
}

TEST_CASE("of many threads that fire at once exactly one does it", "[latch]") {
  for (int round = 0; round < 200; ++round) {
    Latch latch;
    std::atomic<int> winners{0};
    std::atomic<int> winner{-1};
    const auto fire = [&](int number) {
      if (!latch.fire({ClosedBy::peer, static_cast<std::uint16_t>(number), ""})) return;
      ++winners;
      winner = number;
    };
    {
      Worker a([&] { fire(1); });
      Worker b([&] { fire(2); });
      Worker c([&] { fire(3); });
    }
    REQUIRE(winners == 1);
    REQUIRE(latch.reason()->code == winner);
  }
}

TEST_CASE("firing wakes every thread that waits", "[latch]") {
  Latch latch;
  Worker a([&] { latch.wait(); });
  Worker b([&] { latch.wait_until(kNever); });
  a.await_blocked();
  b.await_blocked();
  CHECK_FALSE(a.is_done());
  CHECK_FALSE(b.is_done());
  latch.fire(kFirst);
  a.await_done();
  b.await_done();
}

TEST_CASE("a wait after the firing returns at once", "[latch]") {
  Latch latch;
  latch.fire(kFirst);
  latch.wait();
  CHECK(latch.wait_until(TimePoint::min()));
}

TEST_CASE("a wait gives up at its deadline, not before", "[latch]") {
  const Latch latch;
  const TimePoint deadline = Clock::now() + std::chrono::milliseconds(20);
  CHECK_FALSE(latch.wait_until(deadline));
  CHECK(Clock::now() >= deadline);
}

TEST_CASE("whoever sees the latch fired sees what was done before", "[latch]") {
  for (int round = 0; round < 200; ++round) {
    Latch latch;
    int written = 0;  // no atomic: ThreadSanitizer would tell
    Worker other([&] {
      written = 1;
      latch.fire(kFirst);
    });
    testing::await("the latch to fire", [&] { return latch.fired(); });
    REQUIRE(written == 1);
  }
}

}  // namespace
}  // namespace triloop
