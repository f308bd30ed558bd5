// How a schedule reads: who does what to which object.
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "run.h"
#include "scheduler.h"

namespace explore {
namespace {

// What name() was told: where the object ends, and its name.
std::map<const char*, std::pair<const char*, std::string>> g_names;

// The innermost of the named objects that it is in: the last that begins before it.
const char* given_name(const void* object, bool& is_the_object_itself) {
  const char* found = nullptr;
  for (const auto& [begin, named] : g_names) {
    const auto& [end, name] = named;
    if (object < begin || object >= end) continue;
    is_the_object_itself = end - begin <= static_cast<std::ptrdiff_t>(sizeof(CondState));
    found = name.c_str();
  }
  return found;
}

// The verb; the object's name, or whom it is about, comes behind it. Empty: not printed.
const char* verb(Operation operation) {
  switch (operation) {
    case Operation::kLock:
      return "locks ";
    case Operation::kUnlock:
      return "unlocks ";
    case Operation::kWait:
      return "waits for ";
    case Operation::kWake:
      return "goes on, locks ";
    case Operation::kGiveUp:
      return "gives up waiting, locks ";
    case Operation::kNotifyOne:
      return "notifies ";
    case Operation::kNotifyAll:
      return "notifies all of ";
    case Operation::kLoad:
      return "loads ";
    case Operation::kStore:
      return "stores ";
    case Operation::kExchange:
      return "exchanges ";
    case Operation::kCountUp:
      return "counts up ";
    case Operation::kCountDown:
      return "counts down ";
    case Operation::kReadCount:
      return "reads ";
    case Operation::kDropCount:
      return "counts down ";
    case Operation::kUseDestroyed:
      return "uses ";
    case Operation::kStart:
      return "starts ";
    case Operation::kCannotStart:
      return "cannot start ";
    case Operation::kJoin:
      return "has joined ";
    case Operation::kEnd:
      return "ends";
    case Operation::kTimeout:
      return "'s deadline passes";
    case Operation::kSpurious:
      return "wakes for no reason";
    case Operation::kRemark:
    case Operation::kBegin:
    case Operation::kLookAtClock:
    case Operation::kYield:
    case Operation::kValue:
      break;
  }
  return "";
}

std::string names_of(const std::vector<Who>& threads) {
  std::string names;
  for (const Who& thread : threads) names += (names.empty() ? "" : ", ") + thread.name;
  return names;
}

}  // namespace

std::string words(const Event& event) {
  switch (event.operation) {
    case Operation::kNotifyOne:
    case Operation::kNotifyAll:
      return verb(event.operation) + event.object +
             (event.others.empty() ? ": nobody waits" : ": wakes " + names_of(event.others));
    case Operation::kStart:
    case Operation::kCannotStart:
    case Operation::kJoin:
      return verb(event.operation) + names_of(event.others);
    case Operation::kRemark:
      return event.text;
    case Operation::kTimeout:
    case Operation::kSpurious:
      return verb(event.operation);
    default:
      return verb(event.operation) + event.object;
  }
}

std::string intention(const Event& event) {
  switch (event.operation) {
    case Operation::kNotifyOne:
    case Operation::kNotifyAll:
      return verb(event.operation) + event.object;
    case Operation::kJoin:
      return "joins " + names_of(event.others);
    case Operation::kLookAtClock:
      return "looks at the clock";
    case Operation::kYield:
      return "goes on";
    default:
      return words(event);
  }
}

bool is_printed(const Event& event) { return event.operation < Operation::kBegin; }

std::vector<Step> steps_of(const std::vector<Event>& events) {
  std::vector<Step> steps;
  for (const Event& event : events) {
    if (is_printed(event)) steps.push_back({event.who.name, words(event)});
  }
  return steps;
}

void name(const void* object, std::size_t bytes, const char* name) {
  const char* begin = static_cast<const char*>(object);
  g_names[begin] = {begin + bytes, name};
}

void Run::forget_names() { g_names.clear(); }

void Run::deadlock() {
  std::string who;
  for (const Fiber& fiber : fibers_) {
    if (fiber.state == State::kDone) continue;
    who += (who.empty() ? "" : ", ") + fiber.name;
    if (fiber.state == State::kWaits) who += " waits for " + describe("condition", fiber.condition);
    if (fiber.state == State::kWantsMutex) who += " wants " + describe("mutex", fiber.mutex);
    if (fiber.state == State::kJoins) {
      who += " joins " + fibers_[static_cast<std::size_t>(fiber.joined)].name;
    }
  }
  end_with("nobody can go on: " + who);
}

// "queue's mutex", "queue's mutex 2", "mutex 3", or the very name that a lock was given.
std::string Run::describe(const char* kind, const void* object) {
  const auto known = names_.find(object);
  if (known != names_.end()) return known->second;
  std::string name = kind;
  bool is_the_object_itself = false;
  if (const char* given = given_name(object, is_the_object_itself)) {
    name = is_the_object_itself ? given : std::string(given) + "'s " + kind;
  }
  const int number = ++of_kind_[name];
  if (number > 1) name += " " + std::to_string(number);
  return names_[object] = name;
}

}  // namespace explore
