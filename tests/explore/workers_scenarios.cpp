// What the processors to copy are made of, under every schedule: workers, turns, slots.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "demo/processors/slots.h"
#include "demo/processors/turns.h"
#include "demo/processors/workers.h"
#include "play.h"
#include "scenarios.h"
#include "scheduler.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::Latch;
using triloop::Slots;
using triloop::Thread;
using triloop::Turns;
using triloop::Workers;

// A connection that nobody serves. The scenario is its processor.
class Unserved {
 public:
  explicit Unserved(const triloop::Options& options = quiet()) : scene_({}, {}, options) {}
  Connection& connection() { return scene_.connection(); }
  bool ends_with_code(int code) {
    const auto reason = connection().ending().reason();
    return reason && reason->code == code;
  }

 private:
  Scene scene_;
};

// Jobs that leave a mark when they are done.
class Marks {
 public:
  explicit Marks(std::size_t count) : done_(count, 0) {}
  std::function<void()> job(std::size_t number) {
    return [this, number] { ++done_[number]; };
  }
  bool are_all_there_once() const {
    return std::all_of(done_.begin(), done_.end(), [](int times) { return times == 1; });
  }

 private:
  std::vector<int> done_;
};

// -- Workers --------------------------------------------------------------------------------------

// More jobs than threads and places, and then the processor returns.
void what_is_queued_is_done() {
  Unserved self;
  Marks marks(3);
  {
    Workers workers(self.connection(), 1);
    for (std::size_t i = 0; i < 3; ++i) workers.push(marks.job(i));
  }
  require(marks.are_all_there_once(), "a job is lost, or done twice");
}

void two_share_the_jobs() {
  Unserved self;
  Marks marks(2);
  {
    Workers workers(self.connection(), 2);
    for (std::size_t i = 0; i < 2; ++i) workers.push(marks.job(i));
  }
  require(marks.are_all_there_once(), "a job is lost, or done twice");
}

// One that takes long looks at ending(). It is done all the same, and so are those behind it.
void an_abort_meanwhile() {
  Unserved self;
  Marks marks(3);
  {
    Thread somebody("somebody", [&] {
      any_moment();
      self.connection().abort();
    });
    Workers workers(self.connection(), 1);
    for (std::size_t i = 0; i < 3; ++i) {
      workers.push([&, done = marks.job(i)] {
        self.connection().ending().wait();
        done();
      });
    }
  }
  require(marks.are_all_there_once(), "a job is lost, or done twice");
}

void a_job_throws() {
  Unserved self;
  Marks marks(2);
  {
    Workers workers(self.connection(), 1);
    workers.push(marks.job(0));
    workers.push([] { throw std::runtime_error("it fails"); });
    workers.push([] { throw 1; });  // NOLINT: no std::exception
    workers.push(marks.job(1));
  }
  require(marks.are_all_there_once(), "a job is lost, or done twice");
  require(self.ends_with_code(1011), "a job threw, and the connection does not end with 1011");
}

// A job that waits for the ending learns of it, though the exception waits for the job.
void the_processor_throws() {
  Unserved self;
  Marks marks(1);
  bool thrown = false;
  try {
    Workers workers(self.connection(), 2);
    workers.push([&, done = marks.job(0)] {
      self.connection().ending().wait();
      done();
    });
    throw std::runtime_error("it fails");
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  require(thrown && marks.are_all_there_once(), "a job is lost, or done twice");
  require(self.ends_with_code(1011), "the processor threw, and an ending did not begin with 1011");
}

// The first or the second, or none: whoever has started is joined.
void one_thread_is_missing() {
  Unserved self;
  Marks marks(1);
  bool missing = false;
  {
    Thread system("system", [] {
      any_moment();
      fail_to_start("work-1");
    });
    try {
      Workers workers(self.connection(), 2);
      workers.push(marks.job(0));
    } catch (const std::system_error&) {
      missing = true;
    }
  }
  require(missing || marks.are_all_there_once(), "a job is lost, or done twice");
}

// As rpc does: whoever reads does not wait for a worker.
void try_push_never_waits() {
  Unserved self;
  Latch all_asked;
  int taken = 0, done = 0;
  {
    Workers workers(self.connection(), 1);
    for (int i = 0; i < 3; ++i) {
      const bool pushed = workers.try_push([&] {
        all_asked.wait();
        ++done;
      });
      if (pushed) ++taken;
    }
    all_asked.fire({});
  }
  require(taken == 1 || taken == 2, "more jobs than a thread and a place, or none at all");
  require(done == taken, "a job is lost, or one that was refused is done");
}

// -- Turns ----------------------------------------------------------------------------------------

void each_in_its_turn() {
  Turns turns;
  std::vector<int> order;
  const auto customer = [&](int number) {
    const Turns::Ticket ticket(turns, static_cast<std::uint64_t>(number));
    ticket.await();
    order.push_back(number);
  };
  {
    Thread third("third", [&] { customer(2); });
    Thread second("second", [&] { customer(1); });
    Thread first("first", [&] { customer(0); });
  }
  require(order == std::vector<int>{0, 1, 2}, "somebody comes before his turn");
}

// Whoever gives up has no need to wait, but his turn comes all the same, and not before it is due.
void a_ticket_is_lost() {
  Turns turns;
  std::vector<int> order;
  {
    Thread third("third", [&] {
      const Turns::Ticket ticket(turns, 2);
      ticket.await();
      order.push_back(2);
    });
    Thread second("second", [&] { const Turns::Ticket lost(turns, 1); });
    Thread first("first", [&] {
      const Turns::Ticket ticket(turns, 0);
      ticket.await();
      order.push_back(0);
    });
  }
  require(order == std::vector<int>{0, 2}, "somebody comes before his turn");
}

// -- Slots ----------------------------------------------------------------------------------------

// Two wait, and one of them gives up. Whichever is woken, the other one need not wait for his next
// look at his latch.
void a_wake_is_passed_on() {
  Slots slots(1);
  const Latch never;
  Latch over;
  std::optional<Slots::Holder> held(std::in_place, slots, never);
  Thread gives_up("gives up", [&] { const Slots::Holder slot(slots, over); });
  Thread patient("patient", [&] {
    const Slots::Holder slot(slots, never);
    require(slot && !time_had_to_help(), "a slot is free, and nobody is woken for it");
  });
  over.fire({});
  held.reset();
}

void all_slots_come_back() {
  Slots slots(1);
  const Latch never;
  Latch over;
  int inside = 0;
  const auto use = [&](const Latch& latch) {
    const Slots::Holder slot(slots, latch);
    if (!slot) return;
    triloop::Atomic<int> work{0};  // a choice point: somebody may come in meanwhile
    require(++inside == 1, "more inside than there are slots");
    work.store(1);
    --inside;
  };
  {
    Thread a("a", [&] { use(never); });
    Thread b("b", [&] { use(over); });
    Thread c("c", [&] { use(never); });
    over.fire({});
  }
  use(never);
  require(!time_had_to_help(), "a slot is lost, or a wake for it");
}

}  // namespace

const std::vector<Named>& workers_scenarios() {
  static const std::vector<Named> all = {
      {"workers: what is queued is done", what_is_queued_is_done},
      {"workers: two share the jobs", two_share_the_jobs},
      {"workers: an abort meanwhile", an_abort_meanwhile},
      {"workers: a job throws", a_job_throws},
      {"workers: the processor throws", the_processor_throws},
      {"workers: one thread is missing", one_thread_is_missing},
      {"workers: try_push never waits", try_push_never_waits},
      {"turns: each in its turn", each_in_its_turn},
      {"turns: a ticket is lost", a_ticket_is_lost},
      {"slots: a wake is passed on", a_wake_is_passed_on},
      {"slots: all come back", all_slots_come_back},
  };
  return all;
}

}  // namespace explore
