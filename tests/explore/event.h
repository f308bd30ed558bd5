// What happens in a schedule, as it is recorded. The printed columns are one way to say it
// (printing.cpp), the graph of a scenario is another (graph.h).
#pragma once

#include <string>
#include <vector>

namespace explore {

constexpr int kNobody = -1;

/// A place in the source; no file: it is not known. Operators and destructors cannot ask who calls
/// them.
struct Where {
  const char* file = nullptr;
  int line = 0;
};

/// As a default argument: where the caller stands.
constexpr Where here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return {file, line};
}

enum class Operation {
  kLock,
  kUnlock,
  kWait,
  kWake,
  kGiveUp,  // the wait, as its deadline has passed
  kNotifyOne,
  kNotifyAll,
  kLoad,
  kStore,
  kExchange,
  kCountUp,
  kCountDown,
  kReadCount,  // of a shared pointer
  kDropCount,
  kUseDestroyed,
  kStart,
  kCannotStart,
  kJoin,
  kEnd,
  kRemark,
  kTimeout,
  kSpurious,
  // These are not printed.
  kBegin,
  kLookAtClock,
  kYield,
  kValue,
};

struct Who {
  int id = kNobody;
  std::string name;
};

struct Event {
  Operation operation = Operation::kRemark;
  Who who;
  std::string object;          // its name, if there is one
  const char* kind = nullptr;  // "mutex", "condition", "atomic", "count"
  Where where = {};
  std::vector<Who> others;  // whom it wakes, starts or joins
  std::string text;         // of a remark; the name of who cannot be started; what a value is now
};

/// "waits for not_empty"; empty if it is not printed.
std::string words(const Event& event);

struct Step {
  std::string who;
  std::string what;
};

/// The same before it has happened: "joins consumer 1".
std::string intention(const Event& event);

/// Is it in the printed columns?
bool is_printed(const Event& event);

/// What is printed of them.
std::vector<Step> steps_of(const std::vector<Event>& events);

}  // namespace explore
