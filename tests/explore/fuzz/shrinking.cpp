#include "shrinking.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "comparison.h"

namespace explore::fuzz {
namespace {

bool names_thread(const Operation& operation) {
  return operation.kind == Operation::kStart || operation.kind == Operation::kJoin;
}

Program without_thread(Program program, std::size_t id) {
  program.threads.erase(program.threads.begin() + static_cast<std::ptrdiff_t>(id));
  for (Body& body : program.threads) {
    body.erase(std::remove_if(body.begin(), body.end(),
                              [&](const Operation& operation) {
                                return names_thread(operation) &&
                                       static_cast<std::size_t>(operation.object) == id;
                              }),
               body.end());
    for (Operation& operation : body) {
      if (names_thread(operation) && static_cast<std::size_t>(operation.object) > id)
        --operation.object;
    }
  }
  return program;
}

Program without(Program program, std::size_t id, std::size_t first, std::size_t last) {
  Body& body = program.threads[id];
  const auto begin = body.begin();
  if (last != first) body.erase(begin + static_cast<std::ptrdiff_t>(last));
  body.erase(begin + static_cast<std::ptrdiff_t>(first));
  return program;
}

// Without one operation, or without it and a later one, as a lock goes with its unlock.
void drop_operations(const Program& program, std::size_t id, std::vector<Program>& smaller) {
  const std::size_t count = program.threads[id].size();
  for (std::size_t first = 0; first < count; ++first) {
    smaller.push_back(without(program, id, first, first));
    if (program.threads[id][first].kind != Operation::kLock) continue;
    for (std::size_t last = first + 1; last < count; ++last) {
      smaller.push_back(without(program, id, first, last));
    }
  }
}

void simplify_operations(const Program& program, std::size_t id, std::vector<Program>& smaller) {
  const auto offer = [&](std::size_t place, const Operation& operation) {
    smaller.push_back(program);
    smaller.back().threads[id][place] = operation;
  };
  for (std::size_t place = 0; place < program.threads[id].size(); ++place) {
    const Operation& now = program.threads[id][place];
    Operation simpler = now;
    simpler.only_if = false;
    if (now.only_if) offer(place, simpler);
    for (Small Operation::*const number :
         {&Operation::object, &Operation::mutex, &Operation::value, &Operation::deadline}) {
      if (now.*number == 0) continue;
      simpler = now;
      --(simpler.*number);
      offer(place, simpler);
    }
  }
}

// All that are one step smaller, the largest steps first. Some of them cannot be run.
std::vector<Program> smaller_than(const Program& program) {
  std::vector<Program> smaller;
  for (std::size_t id = program.threads.size() - 1; id > 0; --id) {
    smaller.push_back(without_thread(program, id));
  }
  if (program.preemptions > 0) {
    smaller.push_back(program);
    --smaller.back().preemptions;
  } else if (program.preemptions == kUnbounded) {
    smaller.push_back(program);
    smaller.back().preemptions = 3;
  }
  if (program.spurious) {
    smaller.push_back(program);
    smaller.back().spurious = false;
  }
  for (std::size_t id = 0; id < program.threads.size(); ++id) drop_operations(program, id, smaller);
  for (std::size_t id = 0; id < program.threads.size(); ++id) {
    simplify_operations(program, id, smaller);
  }
  return smaller;
}

}  // namespace

Program shrunk(Program program) {
  for (bool changed = true; std::exchange(changed, false);) {
    for (const Program& smaller : smaller_than(program)) {
      if (!what_is_wrong(smaller).empty() || compare(smaller).difference.empty()) continue;
      program = smaller;
      changed = true;
      break;
    }
  }
  return program;
}

}  // namespace explore::fuzz
