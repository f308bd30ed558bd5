// The threads that serve one connection after the other, under every schedule.
#include "scenarios.h"
#include "scheduler.h"
#include "spare_threads.h"

namespace explore {
namespace {

using triloop::SpareThreads;
using triloop::Thread;

void one_after_the_other() {
  SpareThreads threads(1, 0);
  for (int i = 0; i < 3; ++i) {
    triloop::Atomic<bool> done{false};  // a choice point: somebody may look before it is set
    threads.start("body", [&] { done.store(true); }).join();
    require(done, "join() returns before the body has ended");
  }
}

void two_start_at_once() {
  SpareThreads threads(1, 0);
  const auto use = [&] {
    triloop::Atomic<bool> done{false};
    threads.start("body", [&] { done.store(true); }).join();
    require(done, "join() returns before the body has ended");
  };
  use();
  Thread other("other", use);
  use();
  other.join();
}

void more_than_are_kept() {
  SpareThreads threads(1, 0);
  triloop::Atomic<bool> one{false}, two{false}, three{false};
  {
    auto first = threads.start("first", [&] { one.store(true); });
    auto second = threads.start("second", [&] { two.store(true); });
  }
  require(one && two, "join() returns before the body has ended");
  threads.start("third", [&] { three.store(true); }).join();
  require(three, "join() returns before the body has ended");
}

}  // namespace

const std::vector<Named>& spare_scenarios() {
  static const std::vector<Named> all = {
      {"spare threads: one body after the other", one_after_the_other},
      {"spare threads: two start at once", two_start_at_once},
      {"spare threads: more than are kept", more_than_are_kept},
  };
  return all;
}

}  // namespace explore
