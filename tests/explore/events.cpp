// What is recorded of a schedule, and how its threads stand.
#include <utility>

#include "from.h"
#include "run.h"

namespace explore {

From::From(Where where) : outside_(Run::current->set_from(where)) {}
From::~From() {
  if (Run::current != nullptr) Run::current->set_from(outside_);
}

Event Run::event_of(const Fiber& fiber, const Deed& deed) {
  Event event;
  event.operation = deed.operation;
  event.who = who(fiber);
  event.kind = deed.kind;
  event.where = fiber.from.file != nullptr ? fiber.from : deed.where;
  if (deed.object != nullptr) event.object = describe(deed.kind, deed.object);
  return event;
}

void Run::add(Event event) {
  look_at_values();
  events_->push_back(std::move(event));
}

void Run::note(const Deed& deed, std::vector<Who> others) {
  if (events_ == nullptr) return;
  Event event = event_of(*current_, deed);
  event.others = std::move(others);
  add(std::move(event));
}

void Run::remark(const std::string& text) {
  if (events_ == nullptr) return;
  Event event = event_of(*current_, {Operation::kRemark});
  event.text = text;
  add(std::move(event));
}

void Run::watch(Watched watched) {
  watched.last = watched.shown.cells > 0 ? "" : "0";
  values_.push_back(watched.shown);
  watches_.push_back(std::move(watched));
}

// Whoever runs has changed them since somebody looked last.
void Run::look_at_values() {
  for (Watched& watched : watches_) {
    std::string value = watched.value();
    if (value == watched.last) continue;
    Event event = event_of(*current_, {Operation::kValue});
    event.object = watched.shown.name;
    event.text = watched.last = std::move(value);
    events_->push_back(std::move(event));
  }
}

std::vector<Standing> Run::standings() {
  using Stand = Standing::Stand;
  std::vector<Standing> all;
  for (const Fiber& fiber : fibers_) {
    Standing standing;
    standing.who = who(fiber);
    const bool can = can_run(fiber);
    if (fiber.state == State::kDone) {
      standing.stand = Stand::kDone;
    } else if (!fiber.has_begun) {
      standing.stand = Stand::kNew;
    } else if (fiber.state == State::kWaits) {
      standing.stand = Stand::kAsleep;
      standing.whom = describe("condition", fiber.condition);
    } else if (fiber.state == State::kWantsMutex && !can) {
      standing.stand = Stand::kWantsMutex;
      standing.whom = describe("mutex", fiber.mutex);
    } else if (fiber.state == State::kJoins && !can) {
      standing.stand = Stand::kJoins;
      standing.joined = fiber.joined;
    } else {
      standing.stand = Stand::kReady;
    }
    standing.has_next = standing.stand != Stand::kDone && standing.stand != Stand::kNew &&
                        standing.stand != Stand::kAsleep &&
                        fiber.next.operation != Operation::kBegin;
    if (standing.has_next) {
      standing.next = event_of(fiber, fiber.next);
      if (fiber.next.operation == Operation::kJoin)
        standing.next.others = {who(fibers_[static_cast<std::size_t>(fiber.joined)])};
    }
    all.push_back(std::move(standing));
  }
  return all;
}

}  // namespace explore
