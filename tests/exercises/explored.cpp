#include "explored.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "played.h"
#include "triloop/trace.h"

// By these the queue that ships tells what it waits for; elsewhere it is for a timeline.
triloop::Hint triloop::trace::detail::on;
triloop::trace::Ring* triloop::trace::detail::open(const char* name) noexcept {
  explore::remark(std::string("is ") + name);
  return nullptr;
}
void triloop::trace::detail::close(Ring* /*ring*/) noexcept {}

namespace exercises {
namespace {

constexpr int kMostPreemptions = 2;

// Ten times what the promises need.
constexpr std::uint64_t kMostSchedules = 10'000'000;

// So many steps has a schedule only if it never ends. Of those it has, so many are shown.
constexpr std::size_t kTooManySteps = 1'000;
constexpr std::size_t kMostLines = 60;

// What the code under test prints, such as the assertion by which the standard library aborts, goes
// into a file: most schedules that abort are not the one that is shown.
class Output {
 public:
  Output()
      : shown_(::fdopen(::dup(STDOUT_FILENO), "w")),
        aside_(::fdopen(::dup(STDERR_FILENO), "w")),
        hidden_(std::tmpfile()) {
    ::dup2(::fileno(hidden_), STDOUT_FILENO);
    ::dup2(::fileno(hidden_), STDERR_FILENO);
  }
  ~Output() {
    std::fclose(shown_);
    std::fclose(aside_);
    std::fclose(hidden_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void show(const std::string& line) {
    std::fprintf(shown_, "%s\n", line.c_str());
    std::fflush(shown_);
  }

  // What is another one on each machine.
  void show_aside(const std::string& line) {
    std::fprintf(aside_, "%s\n", line.c_str());
    std::fflush(aside_);
  }

  // From its last line, what the standard library did not put up with; mostly empty.
  std::string last_assertion() {
    std::fflush(stdout);
    std::rewind(hidden_);
    std::string found;
    for (char line[4096]; std::fgets(line, sizeof line, hidden_) != nullptr;) {
      const std::string text = line;
      const std::size_t at = text.rfind("Assertion");
      if (at != std::string::npos) found = text.substr(at, text.find_last_not_of('\n') + 1 - at);
    }
    return found;
  }

 private:
  std::FILE* const shown_;
  std::FILE* const aside_;
  std::FILE* const hidden_;
};

bool begins_with(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

// That a thread starts, ends or is joined says nothing here: a column for each shows that it is
// there.
bool matters(const explore::Step& step) {
  return !begins_with(step.what, "starts ") && !begins_with(step.what, "has joined ") &&
         step.what != "ends";
}

// What a step does to a lock or a condition.
bool is_detail(const explore::Step& step) {
  for (const char* verb : {"locks ", "unlocks ", "waits for ", "goes on, ", "notifies "}) {
    if (begins_with(step.what, verb)) return true;
  }
  return false;
}

std::vector<explore::Step> worth_showing(const explore::Outcome& outcome, Manner manner) {
  std::vector<explore::Step> steps;
  for (const explore::Step& step : steps_of(outcome.events)) {
    if (manner == Manner::every_step || !is_detail(step)) steps.push_back(step);
  }
  return steps;
}

struct Column {
  std::string who;
  std::size_t width = 0;
};

std::vector<Column> columns_of(const std::vector<explore::Step>& steps) {
  std::vector<Column> columns;
  for (const explore::Step& step : steps) {
    auto column = std::find_if(columns.begin(), columns.end(),
                               [&](const Column& known) { return known.who == step.who; });
    if (column == columns.end()) column = columns.insert(column, {step.who, step.who.size()});
    if (matters(step)) column->width = std::max(column->width, step.what.size());
  }
  return columns;
}

std::string row(const std::string& number, const std::vector<Column>& columns,
                const std::string& who, const std::string& what) {
  std::string line = std::string(3 - std::min<std::size_t>(3, number.size()), ' ') + number;
  for (const Column& column : columns) {
    std::string cell = who.empty() ? column.who : column.who == who ? what : "";
    cell.resize(column.width, ' ');
    line += "  " + cell;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

// A column for each thread, a line for each step.
void show_schedule(Output& out, const std::vector<explore::Step>& steps) {
  const std::vector<Column> columns = columns_of(steps);
  out.show(row("", columns, "", ""));
  std::size_t number = 0;
  for (const explore::Step& step : steps) {
    if (!matters(step)) continue;
    if (number == kMostLines) {
      out.show("     and so on");
      break;
    }
    out.show(row(std::to_string(++number), columns, step.who, step.what));
  }
}

// Of the schedules that fail, the shortest; but if there is one that never ends, just that, for to
// try all those that are as long would take hours.
explore::Outcome explore_within(const explore::Scenario& scenario, explore::Bounds bounds) {
  explore::Outcome outcome = explore::explore(scenario, bounds);
  if (outcome.failure.empty() || steps_of(outcome.events).size() > kTooManySteps) return outcome;
  bounds.shortest = true;
  return explore::explore(scenario, bounds);
}

// All schedules; and of those that fail the plainest: with as few preemptions as it takes, and
// without the excuse that a wait may end for no reason, if none is needed.
explore::Outcome try_all(const explore::Scenario& scenario, Manner manner) {
  explore::Bounds bounds;
  bounds.merge = manner == Manner::calls;
  bounds.schedules = kMostSchedules;
  bounds.spurious = false;
  for (bounds.preemptions = 0; bounds.preemptions < kMostPreemptions; ++bounds.preemptions) {
    explore::Outcome outcome = explore_within(scenario, bounds);
    if (!outcome.failure.empty()) return outcome;
  }
  bounds.spurious = true;
  explore::Outcome all = explore_within(scenario, bounds);
  if (all.failure.empty()) return all;
  bounds.spurious = false;
  explore::Outcome plain = explore_within(scenario, bounds);
  return plain.failure.empty() ? all : plain;
}

// The link to a page that plays it; none is no reason to fail.
void offer_page(Output& out, const Promise& promise, const Code& code) {
  try {
    const std::string address = write_page(promise, code);
    if (!address.empty()) out.show_aside("\nPlay it, with your code: " + address);
  } catch (const std::exception& error) {
    out.show_aside(std::string("\nThere is no page to play it: ") + error.what());
  }
}

}  // namespace

int explore_all(const std::string& title, const Code& code, const std::vector<Promise>& promises,
                Manner manner) {
  explore::catch_crashes();
  triloop::trace::detail::on.set(manner == Manner::calls);
  Output out;
  out.show(title + "\n");
  std::uint64_t schedules = 0;
  for (const Promise& promise : promises) {
    const explore::Outcome outcome = try_all(promise.scenario, manner);
    const bool too_many = outcome.failure.empty() && !outcome.exhausted;
    const bool holds = outcome.failure.empty() && !too_many;
    out.show((holds ? "holds   " : "BROKEN  ") + promise.what);
    if (too_many)
      out.show(
          "\nthere are too many schedules to try them all: is there something in it that need not "
          "be?");
    if (!outcome.failure.empty()) {
      out.show("\nThe shortest schedule that breaks it:\n");
      static_cast<void>(explore::replay(promise.scenario, outcome.schedule));
      const std::string assertion = out.last_assertion();
      show_schedule(out, worth_showing(outcome, manner));
      out.show("\n" + outcome.failure + (assertion.empty() ? "" : " (" + assertion + ")"));
      offer_page(out, promise, code);
    }
    if (!holds) return 1;
    schedules += outcome.schedules;
  }
  out.show("\nAll of it holds under all " + std::to_string(schedules) + " schedules with up to " +
           std::to_string(kMostPreemptions) + " preemptions.");
  return 0;
}

}  // namespace exercises
