#include "triloop/sync.h"

#include <array>
#include <atomic>

#include "support/catch.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::threads_named;

TEST_CASE("a thread has its name before its first instruction runs", "[sync]") {
  bool named = false;
  Thread thread("name-17", [&] { named = threads_named("name-17").size() == 1; });
  thread.join();
  CHECK(named);
}

TEST_CASE("a name too long for the kernel is cut", "[sync]") {
  bool named = false;
  Thread thread("write-1234567890", [&] { named = threads_named("write-123456789").size() == 1; });
  thread.join();
  CHECK(named);
}

TEST_CASE("the destructor of a thread joins it", "[sync]") {
  bool done = false;  // no atomic: the join is what makes it visible
  {
    const Thread thread("joined", [&] { done = true; });
  }
  CHECK(done);
}

TEST_CASE("a thread that the system cannot give is an exception", "[sync]") {
  const std::size_t more_than_there_is = std::size_t{1} << 46;
  CHECK_THROWS_AS(Thread(
                      "huge", [] {}, more_than_there_is),
                  std::system_error);
  CHECK_THROWS_AS(Thread(
                      "tiny", [] {}, 1),
                  std::system_error);
}

TEST_CASE("assigning to a thread joins the one that was there", "[sync]") {
  bool first = false;
  Thread thread("first", [&] { first = true; });
  thread = Thread("second", [] {});
  CHECK(first);
}

TEST_CASE("wait_until reports a timeout, and holds the mutex after it", "[sync]") {
  Mutex mutex;
  CondVar never;
  const TimePoint deadline = Clock::now() + std::chrono::milliseconds(10);
  const MutexLock lock(mutex);
  while (never.wait_until(mutex, deadline)) {
  }
  CHECK(Clock::now() >= deadline);
}

TEST_CASE("each notify_one lets one through, however many wait", "[sync]") {
  constexpr int kThreads = 4;
  Mutex mutex;
  CondVar changed;
  int tickets = 0;
  std::atomic<int> through{0};
  std::array<Thread, kThreads> takers;
  for (Thread& taker : takers) {
    taker = Thread("taker", [&] {
      const MutexLock lock(mutex);
      while (tickets == 0) changed.wait(mutex);
      --tickets;
      ++through;
    });
  }
  testing::await("all to be there", [] { return threads_named("taker").size() == kThreads; });
  testing::await_standstill();
  for (int i = 0; i < kThreads; ++i) {
    {
      const MutexLock lock(mutex);
      ++tickets;
    }
    changed.notify_one();
  }
  CHECK_NOTHROW(testing::await("all to be through", [&] { return through == kThreads; }));
  for (Thread& taker : takers) taker.join();
}

TEST_CASE("a notify wakes whoever waits with a deadline, before it", "[sync]") {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  bool in_time = false;
  testing::Worker waiter([&] {
    const MutexLock lock(mutex);
    while (!ready) in_time = changed.wait_until(mutex, Clock::now() + testing::kFailSafe);
  });
  waiter.await_blocked();
  {
    const MutexLock lock(mutex);
    ready = true;
  }
  changed.notify_one();
  waiter.await_done();
  CHECK(in_time);
}

}  // namespace
}  // namespace triloop
