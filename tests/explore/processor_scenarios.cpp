// parallel, the processor to copy that has workers, under every schedule.
#include <stdexcept>
#include <vector>

#include "demo/processors/parallel.h"
#include "processor_play.h"
#include "scenarios.h"
#include "scheduler.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::Message;

constexpr triloop::ParallelOptions kTwoInOrder{2, 2, true};

Message reply(Connection&, Message request) { return request; }

void replies_in_order() {
  expect_drained(play_processor(kA + kB + kClose, triloop::parallel(kTwoInOrder, reply)), 1000,
                 kEchoOfTwo);
}

// Both wait for a slot that another one of the two may have.
void one_slot_for_two() {
  expect_drained(play_processor(kA + kB + kClose, triloop::parallel({2, 1, true}, reply)), 1000,
                 kEchoOfTwo);
}

void replies_when_they_are_ready() {
  const Played played = play_processor(kA + kB + kClose, triloop::parallel({2, 2, false}, reply));
  expect_drained(played, 1000, server_frame(1, "a"));
  require(!played.in_time || played.has(server_frame(1, "b")), "a reply is lost");
}

// Its turn is passed on, and the other reply is sent.
void one_of_two_fails() {
  const auto fail_at_a = [](Connection&, Message request) {
    if (request.data == "a") throw std::runtime_error("it fails");
    return request;
  };
  const Played played = play_processor(kA + kB, triloop::parallel(kTwoInOrder, fail_at_a));
  require(!played.in_time || played.ends_with(server_frame(1, "b") + server_frame(8, code(1011))),
          "no reply to the other one, or no 1011");
}

void an_abort_meanwhile() {
  const Played played = play_processor(kA + kB, triloop::parallel({2, 1, true}, reply),
                                       [](Connection& connection) { connection.abort(); });
  require(!played.has(server_frame(1, "b")) || played.has(kEchoOfTwo), "a reply out of order");
}

void a_worker_is_missing() {
  fail_to_start("work-1");
  const Played played = play_processor(kA, triloop::parallel(kTwoInOrder, reply));
  require(!played.in_time || played.ends_with(server_frame(8, code(1011))), "no 1011");
}

}  // namespace

const std::vector<Named>& processor_scenarios() {
  static const std::vector<Named> all = {
      {"parallel: replies in order", replies_in_order},
      {"parallel: one slot for two", one_slot_for_two},
      {"parallel: replies when they are ready", replies_when_they_are_ready},
      {"parallel: one of two fails", one_of_two_fails},
      {"parallel: an abort meanwhile", an_abort_meanwhile},
      {"parallel: a worker is missing", a_worker_is_missing},
  };
  return all;
}

}  // namespace explore
