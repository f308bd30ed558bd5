#include "server/address_limits.h"

#include <chrono>
#include <optional>
#include <string>

#include "net/event.h"
#include "server/admission.h"
#include "support/catch.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Tests say what time it is.
const TimePoint kStart = TimePoint() + std::chrono::hours(1000);

std::string peer(int number) {
  return "10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256) + ":1";
}

// How many handshakes of `peer` there are tokens for at that time.
std::size_t tokens(AddressLimits& limits, const std::string& peer, TimePoint now) {
  std::size_t taken = 0;
  while (taken < 10'000 && limits.take_token(peer, now) == seconds(0)) ++taken;
  return taken;
}

TEST_CASE("an address has a burst of handshakes, and then as many as come back",
          "[address_limits]") {
  AddressLimits limits({0, 20});
  CHECK(limits.burst() == 20);
  CHECK(tokens(limits, peer(1), kStart) == 20);
  CHECK(tokens(limits, peer(1), kStart + milliseconds(49)) == 0);
  CHECK(tokens(limits, peer(1), kStart + milliseconds(50)) == 1);
  CHECK(tokens(limits, peer(1), kStart + milliseconds(500)) == 9);
  CHECK(tokens(limits, peer(1), kStart + seconds(100)) == 20);
  CHECK(tokens(limits, peer(2), kStart + seconds(100)) == 20);
}

TEST_CASE("a small limit has a burst of ten all the same", "[address_limits]") {
  AddressLimits limits({0, 1});
  CHECK(tokens(limits, peer(1), kStart) == 10);
  CHECK(tokens(limits, peer(1), kStart + seconds(3)) == 3);
}

TEST_CASE("who is refused is told when there will be a token, and loses nothing by asking",
          "[address_limits]") {
  AddressLimits limits({0, 1});
  CHECK(tokens(limits, peer(1), kStart) == 10);
  for (int i = 0; i < 100; ++i) CHECK(limits.take_token(peer(1), kStart) == seconds(1));
  CHECK(limits.take_token(peer(1), kStart + milliseconds(999)) == seconds(1));
  CHECK(limits.take_token(peer(1), kStart + seconds(1)) == seconds(0));
}

TEST_CASE("one peer is an address of IPv4, a /64 of IPv6, and a whole link-local address",
          "[address_limits]") {
  AddressLimits limits({0, 1});
  CHECK(tokens(limits, "192.0.2.1:1", kStart) == 10);
  CHECK(tokens(limits, "192.0.2.1:2", kStart) == 0);
  CHECK(tokens(limits, "192.0.2.1", kStart) == 0);
  CHECK(tokens(limits, "[::ffff:192.0.2.1]:1", kStart) == 0);
  CHECK(tokens(limits, "192.0.2.2:1", kStart) == 10);
  CHECK(tokens(limits, "[2001:db8:0:7::1]:1", kStart) == 10);
  CHECK(tokens(limits, "[2001:db8:0:7:ffff:ffff:ffff:ffff]:1", kStart) == 0);
  CHECK(tokens(limits, "[2001:db8:0:8::1]:1", kStart) == 10);
  CHECK(tokens(limits, "[fe80::1%eth0]:1", kStart) == 10);
  CHECK(tokens(limits, "[fe80::2%eth0]:1", kStart) == 10);
  CHECK(tokens(limits, "[fe80::2%eth0]:2", kStart) == 0);
}

TEST_CASE("peers of a Unix socket, and all without a limit, have no bucket", "[address_limits]") {
  AddressLimits limits({1, 1}), none({0, 0});
  for (const std::string each : {"", "unix", "unix:1234"}) {
    CHECK(tokens(limits, each, kStart) == 10'000);
    AddressLimits::Seat one(limits), two(limits);
    CHECK((one.enter(each) && two.enter(each)));
  }
  CHECK(tokens(none, peer(1), kStart) == 10'000);
  CHECK(none.addresses() == 0);
  CHECK(limits.addresses() == 0);
}

TEST_CASE("a bucket that is full again is forgotten", "[address_limits]") {
  AddressLimits limits({0, 1, 1000});
  for (int i = 0; i < 100; ++i) limits.take_token(peer(i), kStart);
  CHECK(limits.addresses() == 100);
  for (int i = 0; i < 100; ++i) limits.take_token(peer(1000), kStart + seconds(1 + i));
  CHECK(limits.addresses() == 1);
}

TEST_CASE("a flood of addresses fills no more than the table, and locks nobody out",
          "[address_limits]") {
  AddressLimits limits({0, 1, 100});
  CHECK(tokens(limits, peer(60'000), kStart) == 10);
  for (int i = 0; i < 10'000; ++i) {
    CHECK(limits.take_token(peer(i), kStart) == seconds(0));
    CHECK(limits.addresses() <= 100);
  }
  CHECK(limits.take_token(peer(60'001), kStart) == seconds(0));
  CHECK(tokens(limits, peer(60'002), kStart) == 10);
}

TEST_CASE("who has emptied its bucket does not get a new one by a flood of other addresses",
          "[address_limits]") {
  AddressLimits limits({0, 1, 100});
  CHECK(tokens(limits, peer(60'000), kStart) == 10);
  for (int i = 0; i < 10'000; ++i) limits.take_token(peer(i), kStart);
  CHECK(tokens(limits, peer(60'000), kStart) == 0);
  // Not even by ones that take all but one of their tokens each, fewer than the table has places.
  for (int i = 0; i < 99 * 9; ++i) limits.take_token(peer(20'000 + i / 9), kStart);
  CHECK(tokens(limits, peer(60'000), kStart) == 0);
}

TEST_CASE("an address has so many connections, and another one when one has gone",
          "[address_limits]") {
  AddressLimits limits({2, 0});
  std::optional<AddressLimits::Seat> first(limits);
  AddressLimits::Seat second(limits), third(limits), other(limits);
  CHECK(first->enter(peer(1)));
  CHECK(second.enter(peer(1)));
  CHECK_FALSE(third.enter(peer(1)));
  CHECK(other.enter(peer(2)));
  first.reset();
  CHECK(third.enter(peer(1)));
  AddressLimits::Seat fourth(limits), fifth(limits);
  CHECK_FALSE(fourth.enter(peer(1)));
  second.leave();
  second.leave();
  CHECK(fourth.enter(peer(1)));
  CHECK_FALSE(fifth.enter(peer(1)));
}

TEST_CASE("who is refused after all, since the server is full, counts no more for its address",
          "[address_limits]") {
  Event room;
  Admission admission({10, 0, 10}, room);
  AddressLimits limits({1, 0});
  Place refused(admission, &limits), next(admission, &limits);
  CHECK(refused.of_address()->enter(peer(1)));
  CHECK_FALSE(refused.enter());
  CHECK_FALSE(next.of_address()->enter(peer(1)));
  refused.leave();
  CHECK(next.of_address()->enter(peer(1)));
  CHECK(Place(admission, nullptr).of_address() == nullptr);
}

}  // namespace
}  // namespace triloop
