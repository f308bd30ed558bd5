// src/demo/engine/recent_lines.h: what is remembered of the lines that were heard.
#include "demo/engine/recent_lines.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace triloop {
namespace {

std::vector<std::uint64_t> seqs_of(const Past& past) {
  std::vector<std::uint64_t> seqs;
  for (const ChatLine& line : past.lines) seqs.push_back(line.seq);
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

// Lines 11 to 20: the odd ones in one room, the even ones in another.
RecentLines two_rooms() {
  RecentLines recent;
  recent.begin(10);
  for (std::uint64_t seq = 11; seq <= 20; ++seq) {
    recent.add(seq % 2 == 1 ? "odd" : "even", {seq, "", "ann", "x", ""});
    recent.heard(seq);
  }
  return recent;
}

TEST_CASE("recent lines: what is behind a sequence, of one room, so many at a time", "[engine]") {
  const RecentLines recent = two_rooms();
  const auto all = recent.since("odd", 10, 50);
  REQUIRE(all);
  CHECK(seqs_of(*all) == Seqs{11, 13, 15, 17, 19});
  CHECK(all->seq == 20);  // there is nothing behind 19 up to there
  CHECK_FALSE(all->more);
  CHECK(all->heard == 20);
  const auto two = recent.since("odd", 13, 2);
  CHECK(seqs_of(*two) == Seqs{15, 17});
  CHECK(two->seq == 17);
  CHECK(two->more);
  const auto none = recent.since("odd", 19, 2);
  CHECK(none->lines.empty());
  CHECK(none->seq == 20);
  CHECK(recent.since("silent", 15, 2)->seq == 20);
}

TEST_CASE("recent lines: what is older or newer has to be asked for", "[engine]") {
  const RecentLines recent = two_rooms();
  CHECK_FALSE(recent.since("odd", 9, 50));
  CHECK_FALSE(recent.since("odd", 21, 50));
  CHECK(seqs_of(*recent.last("odd", 2)) == Seqs{17, 19});
  CHECK(recent.last("odd", 2)->seq == 20);
  CHECK_FALSE(recent.last("odd", 6));
  CHECK_FALSE(recent.last("silent", 1));
}

TEST_CASE("recent lines: the oldest of all rooms go, in number and in bytes", "[engine]") {
  const std::size_t size = GENERATE(1, 4000);
  RecentLines recent;
  recent.begin(0);
  recent.add("first", {1, "", "ann", "x", ""});
  std::uint64_t seq = 1;
  while (recent.since("first", 0, 50)) {
    recent.add("other", {++seq, "", "ann", std::string(size, 'x'), ""});
    recent.heard(seq);
    REQUIRE(seq <= 20'001);
  }
  CHECK(seq == (size == 1 ? 20'001U : (16U << 20) / 4003 + 2));
  CHECK_FALSE(recent.since("other", 0, 50));
  CHECK(recent.since("first", 2, 50)->lines.empty());
  CHECK(recent.since("other", 2, 50)->lines.front().seq == 3);
}

}  // namespace
}  // namespace triloop
