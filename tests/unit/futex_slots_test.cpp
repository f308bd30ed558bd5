#include "futex_slots.h"

#include <sys/prctl.h>

#include "support/catch.h"

namespace triloop {
namespace {

// PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS. Negative on a kernel before 6.16, which has no such
// table.
int slots() { return ::prctl(78, 2, 0, 0, 0); }

TEST_CASE("the kernel's table has a slot for each thread that is asked for", "[futex_slots]") {
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

}  // namespace
}  // namespace triloop
