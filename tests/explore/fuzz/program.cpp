#include "program.h"

#include <algorithm>
#include <istream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace explore::fuzz {
namespace {

// How each kind is written. Of the operands, 'n' is a value and 'd' a deadline; 'm' is the mutex of
// a wait, and each other letter stands before the object's number.
struct Form {
  const char* name;
  const char* operands;
};
constexpr Form kForms[] = {
    {"lock", "M"},         {"unlock", "M"},     {"wait", "cm"},
    {"wait_until", "cmd"}, {"await", "cmn"},    {"await_until", "cmnd"},
    {"notify_one", "c"},   {"notify_all", "c"}, {"load", "a"},
    {"store", "an"},       {"up", "a"},         {"down", "a"},
    {"exchange", "an"},    {"read", "v"},       {"write", "vn"},
    {"touch", "un"},       {"any_moment", ""},  {"now", ""},
    {"reset", "p"},        {"lock_weak", "p"},  {"expired", "p"},
    {"start", "t"},        {"join", "t"},
};

Small& operand(Operation& operation, char which) {
  switch (which) {
    case 'm':
      return operation.mutex;
    case 'n':
      return operation.value;
    case 'd':
      return operation.deadline;
    default:
      return operation.object;
  }
}

bool is_named(char which) { return which != 'n' && which != 'd'; }
char letter(char which) { return which == 'M' ? 'm' : which; }

int most(char which) {
  if (which == 't') return kMostThreads - 1;
  return is_named(which) ? kMostObjects - 1 : kMostValue;
}

Operation parse_operation(std::istringstream& words, std::string word) {
  Operation operation;
  operation.only_if = word == "if";
  if (operation.only_if) words >> word;
  const auto* form = std::find_if(std::begin(kForms), std::end(kForms),
                                  [&](const Form& known) { return word == known.name; });
  if (form == std::end(kForms)) throw std::invalid_argument("there is no operation '" + word + "'");
  operation.kind = static_cast<Operation::Kind>(form - kForms);
  for (const char* which = form->operands; *which != '\0'; ++which) {
    char given = letter(*which);
    int number = -1;
    if (is_named(*which)) words >> given;
    words >> number;
    if (given != letter(*which) || number < 0 || number > most(*which)) {
      throw std::invalid_argument(std::string("an operand of '") + form->name + "'");
    }
    operand(operation, *which) = static_cast<Small>(number);
  }
  return operation;
}

bool any(const Program& program, bool (Operation::*is)() const) {
  for (const Body& body : program.threads) {
    for (const Operation& operation : body) {
      if ((operation.*is)()) return true;
    }
  }
  return false;
}

// One thread's body: locks in pairs, and held where they have to be.
std::string what_is_wrong(const Body& body) {
  if (body.size() > kMostOperations) return "too many operations";
  std::set<int> held;
  for (const Operation& operation : body) {
    const bool structural =
        operation.kind == Operation::kLock || operation.kind == Operation::kUnlock ||
        operation.kind == Operation::kStart || operation.kind == Operation::kJoin;
    if (structural && operation.only_if) return "locks, starts and joins have no 'if'";
    if (operation.kind == Operation::kLock && !held.insert(operation.object).second) {
      return "it locks a mutex that it holds";
    }
    if (operation.kind == Operation::kUnlock && held.erase(operation.object) == 0) {
      return "it unlocks a mutex that it does not hold";
    }
    if (operation.is_wait() && held.count(operation.mutex) == 0)
      return "it waits without the mutex";
    if ((operation.kind == Operation::kRead || operation.kind == Operation::kWrite) &&
        held.count(operation.object) == 0) {
      return "a variable without its mutex";
    }
  }
  return held.empty() ? "" : "a mutex stays locked";
}

// The place of `kind` with thread `id` in `body`; -1 unless it is there exactly once.
int place_of(Operation::Kind kind, int id, const Body& body) {
  int place = -1;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i].kind != kind || body[i].object != id) continue;
    if (place != -1) return -1;
    place = static_cast<int>(i);
  }
  return place;
}

std::string what_is_wrong_with_starts(const Program& program) {
  const int count = static_cast<int>(program.threads.size());
  int named = 0;
  for (const Body& body : program.threads) {
    for (const Operation& operation : body) {
      named += operation.kind == Operation::kStart || operation.kind == Operation::kJoin;
    }
  }
  if (named != 2 * (count - 1)) return "each thread is started once and joined once";
  for (int id = 1; id < count; ++id) {
    bool good = false;
    for (int starter = 0; starter < id; ++starter) {
      const Body& body = program.threads[static_cast<std::size_t>(starter)];
      const int start = place_of(Operation::kStart, id, body);
      good = good || (start >= 0 && place_of(Operation::kJoin, id, body) > start);
    }
    if (!good) return "who starts a thread joins it later";
  }
  return "";
}

}  // namespace

std::string what_is_wrong(const Program& program) {
  if (program.threads.empty() || program.threads.size() > kMostThreads) return "how many threads?";
  int seconds = 0;
  for (const Body& body : program.threads) {
    for (const Operation& operation : body) seconds += operation.deadline;
  }
  if (seconds > kMostSeconds) return "the clock cannot count so far";
  for (const Body& body : program.threads) {
    const std::string wrong = what_is_wrong(body);
    if (!wrong.empty()) return wrong;
  }
  return what_is_wrong_with_starts(program);
}

bool nests_locks(const Program& program) {
  for (const Body& body : program.threads) {
    int held = 0;
    for (const Operation& operation : body) {
      if (operation.kind == Operation::kLock && ++held > 1) return true;
      if (operation.kind == Operation::kUnlock) --held;
      if (operation.kind == Operation::kJoin && held > 0) return true;
    }
  }
  return false;
}

bool has_deadlines(const Program& program) { return any(program, &Operation::has_deadline); }
bool has_pointers(const Program& program) { return any(program, &Operation::is_of_pointer); }

std::string text(const Operation& operation) {
  const Form& form = kForms[operation.kind];
  std::string text = (operation.only_if ? "if " : "") + std::string(form.name);
  Operation copy = operation;
  for (const char* which = form.operands; *which != '\0'; ++which) {
    text += ' ';
    if (is_named(*which)) text += letter(*which);
    text += std::to_string(operand(copy, *which));
  }
  return text;
}

std::string text(const Program& program) {
  std::string all =
      "preemptions " +
      (program.preemptions == kUnbounded ? "any" : std::to_string(program.preemptions)) +
      "\nspurious " + (program.spurious ? "yes" : "no") + "\n";
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    all += "thread " + std::to_string(id) + "\n";
    for (const Operation& operation : program.threads[id]) all += "  " + text(operation) + "\n";
  }
  return all;
}

Program parse(std::istream& in) {
  Program program;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word, value;
    if (!(words >> word)) continue;
    if (word == "preemptions" && words >> value) {
      program.preemptions = value == "any" ? kUnbounded : std::stoi(value);
    } else if (word == "spurious" && words >> value) {
      program.spurious = value == "yes";
    } else if (word == "thread") {
      program.threads.emplace_back();
    } else if (program.threads.empty()) {
      throw std::invalid_argument("whose operation is '" + line + "'?");
    } else {
      program.threads.back().push_back(parse_operation(words, word));
    }
  }
  const std::string wrong = what_is_wrong(program);
  if (!wrong.empty()) throw std::invalid_argument(wrong);
  return program;
}

}  // namespace explore::fuzz
