#include "generator.h"

#include <algorithm>
#include <random>

namespace explore::fuzz {
namespace {

// How often each kind comes beside the others, in programs that have deadlines and in those that do
// not. Locks, starts and joins come with what needs them.
struct Share {
  Operation::Kind kind;
  int with_deadlines;
  int without;
};
constexpr Share kShares[] = {
    {Operation::kWait, 2, 10},      {Operation::kWaitUntil, 18, 0}, {Operation::kAwait, 2, 6},
    {Operation::kAwaitUntil, 8, 0}, {Operation::kNotifyOne, 8, 10}, {Operation::kNotifyAll, 4, 5},
    {Operation::kLoad, 3, 6},       {Operation::kStore, 3, 6},      {Operation::kUp, 2, 3},
    {Operation::kDown, 1, 2},       {Operation::kExchange, 2, 4},   {Operation::kRead, 5, 9},
    {Operation::kWrite, 7, 12},     {Operation::kTouch, 2, 4},      {Operation::kAnyMoment, 2, 4},
    {Operation::kNow, 9, 1},        {Operation::kReset, 9, 9},      {Operation::kLockWeak, 6, 6},
    {Operation::kExpired, 6, 6},
};

class Generator {
 public:
  Generator(std::uint64_t seed, bool with_deadlines)
      : random_(seed), with_deadlines_(with_deadlines) {}

  Program program() {
    mutexes_ = 1 + below(2);
    conditions_ = 1 + below(2);
    nests_ = chance(40);
    points_ = chance(25);
    Program program;
    program.threads.resize(static_cast<std::size_t>(chance(35) ? 2 : chance(75) ? 3 : 4));
    const bool small = chance(35);
    for (Body& body : program.threads) {
      body = this->body(small ? 2 : program.threads.size() == 4 ? 1 + below(3) : 2 + below(3));
    }
    for (std::size_t id = program.threads.size() - 1; id > 0; --id) {
      start(static_cast<Small>(id), program.threads[chance(75) ? 0 : index(below(id))]);
    }
    program.spurious = chance(60);
    program.preemptions = bound(program);
    return program;
  }

 private:
  static std::size_t index(int number) { return static_cast<std::size_t>(number); }
  template <typename Number>
  int below(Number n) {
    return static_cast<int>(random_() % static_cast<std::uint64_t>(n));
  }
  bool chance(int percent) { return below(100) < percent; }
  Small small(int n) { return static_cast<Small>(below(n)); }

  Body body(int operations) {
    Body body;
    held_.clear();
    while (operations-- > 0) {
      Operation operation = this->operation();
      if (operation.is_wait()) {
        hold(operation.mutex, body);
      } else if (operation.kind == Operation::kRead || operation.kind == Operation::kWrite) {
        hold(operation.object, body);
      } else if (!held_.empty() && chance(40)) {
        release(body);
      }
      body.push_back(operation);
    }
    while (!held_.empty()) release(body);
    return body;
  }

  Operation operation() {
    Operation operation;
    operation.kind = kind();
    operation.only_if = chance(12);
    const bool condition = operation.is_wait() || operation.kind == Operation::kNotifyOne ||
                           operation.kind == Operation::kNotifyAll;
    operation.object = small(condition ? conditions_ : operation.is_of_pointer() ? 2 : mutexes_);
    if (operation.kind == Operation::kAnyMoment || operation.kind == Operation::kNow) {
      operation.object = 0;
    }
    if (operation.is_wait()) operation.mutex = small(mutexes_);
    operation.value = small(3);
    if (operation.has_deadline()) operation.deadline = small(5);
    return operation;
  }

  Operation::Kind kind() {
    const auto share = [&](const Share& of) {
      if (of.kind >= Operation::kReset && !points_) return 0;
      return with_deadlines_ ? of.with_deadlines : of.without;
    };
    int all = 0;
    for (const Share& of : kShares) all += share(of);
    int left = below(all);
    const Share* chosen = kShares;
    while (left >= share(*chosen)) left -= share(*chosen++);
    return chosen->kind;
  }

  void hold(Small mutex, Body& body) {
    if (std::find(held_.begin(), held_.end(), mutex) != held_.end()) return;
    while (!held_.empty() && (!nests_ || chance(30))) release(body);
    held_.push_back(mutex);
    body.push_back(lock(Operation::kLock, mutex));
  }
  void release(Body& body) {
    body.push_back(lock(Operation::kUnlock, held_.back()));
    held_.pop_back();
  }
  static Operation lock(Operation::Kind kind, Small mutex) {
    Operation operation;
    operation.kind = kind;
    operation.object = mutex;
    return operation;
  }

  // Most threads begin at once, and are joined at the end.
  void start(Small id, Body& by) {
    const int at = chance(70) ? 0 : below(by.size() + 1);
    by.insert(by.begin() + at, lock(Operation::kStart, id));
    const int left = static_cast<int>(by.size()) - at;
    const int join = chance(75) ? left : 1 + below(left);
    by.insert(by.begin() + at + join, lock(Operation::kJoin, id));
  }

  // The more it does, the fewer preemptions can be tried.
  int bound(const Program& program) {
    std::size_t choices = 0;
    bool may_turn = false;
    for (const Body& body : program.threads) {
      for (const Operation& operation : body) {
        choices += operation.kind != Operation::kUnlock && operation.kind != Operation::kRead &&
                   operation.kind != Operation::kWrite && operation.kind != Operation::kTouch;
        choices += operation.is_wait();
        may_turn |= operation.kind == Operation::kAwait || operation.kind == Operation::kAwaitUntil;
      }
    }
    if (choices <= 10 && !(may_turn && program.spurious) && chance(60)) return kUnbounded;
    if (chance(20)) return below(3);
    return choices <= 13 ? 3 : choices <= 20 ? 2 : 1;
  }

  std::mt19937_64 random_;
  const bool with_deadlines_;
  int mutexes_ = 1;
  int conditions_ = 1;
  bool nests_ = false;
  bool points_ = false;
  std::vector<Small> held_;  // by the thread whose body is made
};

}  // namespace

Program generate(std::uint64_t seed, bool with_deadlines) {
  Generator generator(seed, with_deadlines);
  for (;;) {
    Program program = generator.program();
    if (!with_deadlines || has_deadlines(program)) return program;
  }
}

}  // namespace explore::fuzz
