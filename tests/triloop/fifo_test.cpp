#include "triloop/fifo.h"

#include <deque>
#include <memory>
#include <random>

#include "support/catch.h"

namespace triloop {
namespace {

TEST_CASE("items come out in the order in which they went in, however the ring has turned",
          "[fifo]") {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  Fifo<std::unique_ptr<int>> fifo;
  std::deque<int> judge;
  for (int step = 0; step < 20'000; ++step) {
    const bool fills = (step / 500) % 2 == 0;  // up to hundreds, and down to none
    if (random() % 4 < (fills ? 3 : 1)) {
      fifo.push_back(std::make_unique<int>(step));
      judge.push_back(step);
    } else if (!judge.empty()) {
      REQUIRE(*fifo.front() == judge.front());
      fifo.pop_front();
      judge.pop_front();
    }
    REQUIRE(fifo.size() == judge.size());
    REQUIRE(fifo.empty() == judge.empty());
  }
}

TEST_CASE("an item that has left a row is gone", "[fifo]") {
  const auto item = std::make_shared<int>(1);
  Fifo<std::shared_ptr<int>> fifo;
  fifo.push_back(std::shared_ptr<int>(item));
  fifo.push_back(std::shared_ptr<int>(item));
  fifo.pop_front();
  CHECK(item.use_count() == 2);
  fifo.clear();
  CHECK(item.use_count() == 1);
  CHECK(fifo.empty());
}

}  // namespace
}  // namespace triloop
