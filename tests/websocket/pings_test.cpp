#include "websocket/pings.h"

#include <cstddef>

#include "support/catch.h"

namespace triloop {
namespace {

TEST_CASE("a pong answers its ping and all before it", "[pings]") {
  Pings pings;
  const Frame first = pings.next();
  const Frame second = pings.next();
  const Frame third = pings.next();
  CHECK_FALSE(pings.round_trip());
  pings.pong(second.payload);
  const auto once = pings.round_trip();
  REQUIRE(once);
  pings.pong(first.payload);  // has been answered
  CHECK(pings.round_trip() == once);
  pings.pong(third.payload);
  CHECK(pings.round_trip() != once);
}

TEST_CASE("a pong that answers no ping tells nothing", "[pings]") {
  Pings pings;
  const Frame ping = pings.next();
  for (const char* payload : {"", "0", "2", "1 ", " 1", "x", "-1", "99999999999999999999"}) {
    pings.pong(payload);
    CHECK_FALSE(pings.round_trip());
  }
  pings.pong(ping.payload);
  CHECK(pings.round_trip());
}

TEST_CASE(
    "more pings than are remembered, and a pong to the last of them: the next one is measured",
    "[pings]") {
  Pings pings;
  Frame last;
  for (std::size_t i = 0; i <= Pings::kMost; ++i) last = pings.next();
  pings.pong(last.payload);
  CHECK_FALSE(pings.round_trip());
  pings.pong(pings.next().payload);
  CHECK(pings.round_trip());
}

}  // namespace
}  // namespace triloop
