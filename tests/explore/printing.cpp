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

}  // namespace

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

void Run::note(const std::string& what) {
  if (steps_ != nullptr) steps_->push_back({current_->name, what});
}
void Run::note(const char* what, const char* kind, const void* object) {
  if (steps_ != nullptr) note(what + (" " + describe(kind, object)));
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
