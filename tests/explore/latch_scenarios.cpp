// The latch that ships, under every schedule.
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "scenarios.h"
#include "scheduler.h"
#include "triloop/latch.h"

namespace explore {
namespace {

using triloop::Clock;
using triloop::Latch;
using triloop::Thread;
using triloop::TimePoint;

void three_fire_at_once() {
  Latch latch;
  int fired = 0;
  int first = -1;
  const auto fire = [&](int who) {
    if (latch.fire({triloop::ClosedBy::peer, static_cast<std::uint16_t>(who), ""})) {
      ++fired;
      first = who;
    }
  };
  {
    Thread waiter("waiter", [&] {
      latch.wait();
      require(latch.fired(), "it has waited for a latch that has not fired");
    });
    Thread a("a", [&] { fire(1); });
    Thread b("b", [&] { fire(2); });
    Thread c("c", [&] { fire(3); });
  }
  require(fired == 1, "the latch fired twice, or never");
  require(latch.reason()->code == first, "not the first reason stays");
}

void the_latch_wakes_all() {
  Latch latch;
  const auto wait = [&] {
    latch.wait();
    require(latch.reason().has_value(), "it has waited for a latch that has not fired");
  };
  Thread a("waiter 1", wait);
  Thread b("waiter 2", wait);
  latch.fire({});
}

void who_sees_fired_finds_the_reason() {
  Latch latch;
  Thread a("a", [&] { latch.fire({}); });
  Thread b("b", [&] {
    if (latch.fired()) require(latch.reason().has_value(), "fired, and no reason");
  });
}

// Whoever fires it in time is heard, however late the one who waits wakes.
void fires_before_the_deadline() {
  Latch latch;
  const TimePoint deadline = Clock::now() + std::chrono::seconds(1);
  bool fired_in_time = false, heard = false;
  {
    Thread waiter("waiter", [&] { heard = latch.wait_until(deadline); });
    Thread time("time", [&] { Latch().wait_until(deadline + std::chrono::seconds(1)); });
    latch.fire({});
    fired_in_time = Clock::now() < deadline;
  }
  require(heard || !fired_in_time, "it fired before the deadline, and nobody says so");
}

// Whoever was woken may destroy it, though the one who fired it may not have returned.
void a_waiter_destroys_it() {
  auto latch = std::make_unique<Latch>();
  Thread firing("fires", [fired = latch.get()] { fired->fire({}); });
  latch->wait();
  latch.reset();
}

void a_waiter_with_a_deadline_destroys_it() {
  auto latch = std::make_unique<Latch>();
  Thread firing("fires", [fired = latch.get()] { fired->fire({}); });
  if (!latch->wait_until(Clock::now() + std::chrono::seconds(1))) firing.join();
  latch.reset();
}

// So may whoever has only asked.
void a_poller_destroys_it() {
  auto latch = std::make_unique<Latch>();
  Thread firing("fires", [fired = latch.get()] { fired->fire({}); });
  if (!latch->fired()) firing.join();
  latch.reset();
}

}  // namespace

const std::vector<Named>& latch_scenarios() {
  static const std::vector<Named> all = {
      {"the latch is fired by three at once", three_fire_at_once},
      {"the latch wakes all who wait", the_latch_wakes_all},
      {"who sees that it fired finds the reason", who_sees_fired_finds_the_reason},
      {"latch: fires before the deadline of who waits", fires_before_the_deadline},
      {"latch: a waiter destroys it", a_waiter_destroys_it},
      {"latch: a waiter with a deadline destroys it", a_waiter_with_a_deadline_destroys_it},
      {"latch: a poller destroys it", a_poller_destroys_it},
  };
  return all;
}

}  // namespace explore
