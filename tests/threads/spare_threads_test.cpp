#include "threads/spare_threads.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <memory>
#include <system_error>

#include "support/catch.h"
#include "support/threads.h"
#include "threads/many_threads.h"

namespace triloop {
namespace {

using testing::threads_named;

// Runs something, and tells on which of the system's threads.
pid_t thread_of(SpareThreads& threads) {
  pid_t id = 0;
  threads.start("asked", [&] { id = ::gettid(); }).join();
  return id;
}

TEST_CASE("a body runs on a thread of its own, under its name", "[spare_threads]") {
  SpareThreads threads(1, 0);
  for (const char* name : {"first-1", "second-2"}) {
    bool named = false;
    threads.start(name, [&] { named = threads_named(name).size() == 1; }).join();
    CHECK(named);
    testing::await("the idle name", [] { return threads_named("spare").size() == 1; });
  }
}

TEST_CASE("a thread that is spare runs the next body", "[spare_threads]") {
  SpareThreads threads(1, 0);
  const pid_t first = thread_of(threads);
  CHECK(first != ::gettid());
  for (int i = 0; i < 3; ++i) CHECK(thread_of(threads) == first);
}

TEST_CASE("bodies that run at once have a thread each", "[spare_threads]") {
  SpareThreads threads(2, 0);
  thread_of(threads);  // one is spare
  Mutex mutex;
  CondVar changed;
  int inside = 0;
  const auto meet = [&] {
    const MutexLock lock(mutex);
    ++inside;
    changed.notify_all();
    while (inside < 3) changed.wait(mutex);
  };
  auto one = threads.start("one", meet), two = threads.start("two", meet);
  meet();
  one.join();
  two.join();
}

TEST_CASE("no more threads are kept than was said, and none outlives its owner",
          "[spare_threads]") {
  const std::size_t before = testing::thread_count();
  const std::size_t most = GENERATE(0, 1, 2);
  {
    SpareThreads threads(most, 0);
    {
      auto one = threads.start("one", [] {}), two = threads.start("two", [] {}),
           three = threads.start("three", [] {});
    }  // joins
    CHECK(testing::thread_count() == before + most);
  }
  CHECK(testing::thread_count() == before);
}

TEST_CASE("a thread that will not be kept ends by itself, without being joined",
          "[spare_threads]") {
  const std::size_t before = testing::thread_count();
  SpareThreads threads(1, 0);
  auto one = threads.start("one", [] {}), two = threads.start("two", [] {}),
       three = threads.start("three", [] {});
  testing::await("two to end", [&] { return testing::thread_count() == before + 1; });
}

TEST_CASE("what a body holds is gone when it is joined, not when the next one comes",
          "[spare_threads]") {
  SpareThreads threads(1, 0);
  const auto held = std::make_shared<int>();
  threads.start("holds", [held] {}).join();
  CHECK(held.use_count() == 1);
}

TEST_CASE("assigning to a task joins the one that was there, and joining twice does no harm",
          "[spare_threads]") {
  SpareThreads threads(1, 0);
  bool first = false;
  SpareThreads::Task task = threads.start("first", [&] { first = true; });
  task = threads.start("second", [] {});
  CHECK(first);
  task.join();
  task.join();
  SpareThreads::Task none;
  none.join();
}

TEST_CASE("a thread that the system cannot give is an exception, and the next start is unharmed",
          "[spare_threads]") {
  SpareThreads threads(1, std::size_t{1} << 46);
  CHECK_THROWS_AS(threads.start("huge", [] {}), std::system_error);
  CHECK_THROWS_AS(threads.start("huge", [] {}), std::system_error);
}

TEST_CASE("a thread whose timers were relaxed is punctual for the next body", "[spare_threads]") {
  SpareThreads threads(1, 0);
  const auto slack = [] { return ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); };
  int before = 0, relaxed = 0, after = 0;
  threads
      .start("relaxed",
             [&] {
               before = slack();
               const RelaxedTimers timers(std::chrono::milliseconds(20));
               relaxed = slack();
             })
      .join();
  threads.start("next", [&] { after = slack(); }).join();
  CHECK(relaxed == 20'000'000);
  CHECK(after == before);
}

}  // namespace
}  // namespace triloop
