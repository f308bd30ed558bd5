#include "server/admission.h"

#include <memory>
#include <vector>

#include "net/event.h"
#include "support/catch.h"

namespace triloop {
namespace {

TEST_CASE("no more are open than may be, and one that goes makes room", "[admission]") {
  Event room;
  Admission admission({10, 2, 10}, room);
  auto first = std::make_unique<Place>(admission);
  Place second(admission), third(admission);
  CHECK(first->enter());
  CHECK(second.enter());
  CHECK_FALSE(third.enter());
  CHECK_FALSE(third.enter());
  first.reset();
  CHECK(third.enter());
}

TEST_CASE("who is refused takes no place, however many leave", "[admission]") {
  Event room;
  Admission admission({10, 1, 2}, room);
  auto in = std::make_unique<Place>(admission);
  CHECK(in->enter());
  std::vector<std::unique_ptr<Place>> refused;
  for (int i = 0; i < 4; ++i) {
    refused.push_back(std::make_unique<Place>(admission));
    CHECK_FALSE(refused.back()->enter());
    CHECK(refused.back()->leave() == (i < 2));
  }
  in.reset();
  Place next(admission);
  CHECK(next.enter());
  refused.erase(refused.begin());
  CHECK(refused.back()->leave());
}

TEST_CASE("who was to be open, and leaves, gives back the place that it had", "[admission]") {
  Event room;
  Admission admission({1, 1, 1}, room);
  for (int i = 0; i < 2; ++i) {
    Place gone(admission);
    CHECK(gone.may_enter());
    CHECK(gone.enter());
    CHECK_FALSE(gone.may_enter());
    Place next(admission);  // there is room among those who arrive
    CHECK_FALSE(admission.may_arrive());
    CHECK(gone.leave());
    CHECK_FALSE(admission.may_arrive());
    CHECK(next.enter());
    CHECK(admission.may_arrive());
  }
}

TEST_CASE("nobody more may arrive at the bound, until one gets on or goes, which is signalled",
          "[admission]") {
  Event room;
  Admission admission({2, 10, 10}, room);
  Place first(admission);
  CHECK(admission.may_arrive());
  auto second = std::make_unique<Place>(admission);
  CHECK_FALSE(admission.may_arrive());
  CHECK(room.take() == 0);
  CHECK(first.enter());
  CHECK(admission.may_arrive());
  CHECK(room.take() == 1);
  auto third = std::make_unique<Place>(admission);
  CHECK(second->leave());
  CHECK(room.take() == 1);
  second = std::make_unique<Place>(admission);
  third.reset();
  CHECK(room.take() == 1);
  CHECK(admission.may_arrive());
}

TEST_CASE("who comes when more than half as many as may be are there has to hurry", "[admission]") {
  Event room;
  Admission admission({4, 10, 10}, room);
  Place first(admission), second(admission);
  CHECK_FALSE(first.in_a_hurry());
  CHECK_FALSE(second.in_a_hurry());
  const Place third(admission);
  CHECK(third.in_a_hurry());
  CHECK(first.enter());
  const Place fourth(admission);
  CHECK(fourth.in_a_hurry());
  CHECK(second.enter());
  CHECK_FALSE(first.in_a_hurry());
}

}  // namespace
}  // namespace triloop
