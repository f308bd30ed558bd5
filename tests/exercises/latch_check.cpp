// Exercise 2: what the latch promises.
#include <string>

#include "explored.h"
#include "latch.h"

using explore::remark;
using explore::require;
using triloop::Thread;

struct Names {
  static void give(Latch& latch) {
    explore::name_this_thread("main");
    explore::name(latch.mutex_, "the mutex");
    explore::name(latch.fired_changed_, "fired_changed_");
    explore::name(latch.fired_, "fired_");
  }
};

namespace {

void wait(const Latch& latch) {
  latch.wait();
  remark("has waited");
  require(latch.fired(), "wait() has returned, and fired() says no");
}

void one_waiter() {
  Latch latch;
  Names::give(latch);
  const Thread waiter("waiter", [&] { wait(latch); });
  latch.fire("it is over");
  remark("has fired");
}

void two_waiters() {
  Latch latch;
  Names::give(latch);
  const Thread a("waiter 1", [&] { wait(latch); });
  const Thread b("waiter 2", [&] { wait(latch); });
  latch.fire("it is over");
  remark("has fired");
}

void late_waiter() {
  Latch latch;
  Names::give(latch);
  require(!latch.fired() && latch.reason().empty(), "it has fired before anybody fired it");
  latch.fire("it is over");
  wait(latch);
}

void two_fire() {
  Latch latch;
  Names::give(latch);
  int fired = 0;
  std::string first;
  const auto fire = [&](const std::string& reason) {
    const bool did_it = latch.fire(reason);
    remark("fire(\"" + reason + "\") says " + (did_it ? "true" : "false"));
    if (did_it) first = reason;
    fired += did_it ? 1 : 0;
  };
  {
    const Thread a("reader", [&] { fire("the peer closed"); });
    const Thread b("writer", [&] { fire("a send failed"); });
  }
  require(fired == 1, "two calls of fire() say that they did it, or none does");
  require(latch.reason() == first, "not the reason of the one that did it stays");
}

void reason_for_whoever_sees() {
  Latch latch;
  Names::give(latch);
  const Thread a("reader", [&] {
    if (!latch.fired()) return remark("goes on with its work");
    remark("sees that it fired");
    require(!latch.reason().empty(), "it has fired, and there is no reason");
  });
  latch.fire("it is over");
}

void reason_for_whoever_waits() {
  Latch latch;
  Names::give(latch);
  const Thread a("writer", [&] {
    wait(latch);
    require(!latch.reason().empty(), "it has fired, and there is no reason");
  });
  latch.fire("it is over");
}

// Both at once, as where a connection breaks while its peer closes it.
void all_at_once() {
  Latch latch;
  Names::give(latch);
  const Thread a("reader", [&] { latch.fire("the peer closed"); });
  const Thread b("writer", [&] {
    wait(latch);
    const std::string reason = latch.reason();
    require(!reason.empty(), "it has fired, and there is no reason");
    latch.fire("a send failed");
    require(latch.reason() == reason, "the reason changes");
  });
  latch.fire("the server stops");
}

}  // namespace

int main() {
  return exercises::explore_all(
      "Exercise 2: the latch", {EXERCISE_ID, EXERCISE_CODE, EXERCISE_PAGE},
      {{"who waits is woken", one_waiter},
       {"all who wait are woken", two_waiters},
       {"who comes late does not wait", late_waiter},
       {"of two calls of fire() one did it, and its reason stays", two_fire},
       {"whoever sees that it fired finds the reason", reason_for_whoever_sees},
       {"and so does whoever has waited", reason_for_whoever_waits},
       {"and it is the same ever after", all_at_once}});
}
