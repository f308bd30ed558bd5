#include "threads/many_threads.h"

#include <sched.h>
#include <sys/prctl.h>

#include "support/catch.h"
#include "triloop/sync.h"

namespace triloop {
namespace {

// PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS. Negative on a kernel before 6.16, which has no such
// table.
int slots() { return ::prctl(78, 2, 0, 0, 0); }

TEST_CASE("the kernel's table has a slot for each thread that is asked for", "[many_threads]") {
  const bool known = slots() >= 0;
  reserve_futex_slots(3000);
  CHECK(slots() >= (known ? 3000 : -1));

  SECTION("and does not become smaller again") {
    const int before = slots();
    reserve_futex_slots(1);
    CHECK(slots() == before);
  }
  SECTION("nor larger than is sensible") {
    reserve_futex_slots(100'000'000);
    CHECK(slots() <= 1 << 15);
  }
}

TEST_CASE("threads that are started under batch scheduling run as batch", "[many_threads]") {
  int inherited = -1;
  {
    const BatchScheduling batch;
    CHECK(::sched_getscheduler(0) == SCHED_BATCH);
    const Thread thread("inherits", [&] { inherited = ::sched_getscheduler(0); });
  }
  CHECK(inherited == SCHED_BATCH);
  CHECK(::sched_getscheduler(0) == SCHED_OTHER);
}

}  // namespace
}  // namespace triloop
