// Explores the scenarios, or replays one schedule of one of them.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#ifndef TRILOOP_QUEUE_ALONE
#include <spdlog/spdlog.h>
#endif

#ifndef TRILOOP_QUEUE_ALONE
#include "export.h"
#include "levels.h"
#include "play_lines.h"
#endif
#include "playing.h"
#include "scenarios.h"
#include "scheduler.h"
#include "self_test.h"
#include "table.h"

namespace {

struct Asked {
  explore::Bounds bounds;
  std::string only, without, group, schedule, page, levels, folder;
  std::uint64_t random = 0, seed = 1, at_most = 0;
  int jobs = 1;
  bool list = false, fail_fast = false, wrong = false, wrong_tls = false, every = false,
       write = false;
  bool itself = false, play = false;
};

// Scenarios that are explored alike. Those of one name have a table of docs/proof.md together.
struct Group {
  const char* name;
  const std::vector<explore::Named>& (*scenarios)();
  enum { kWhole, kMerged } states;  // merged: they share nothing but under locks (or touch() it)
};

std::vector<Group> groups() {
  return {
#ifndef TRILOOP_QUEUE_ALONE
      {"connection", explore::connection_scenarios, Group::kMerged},
      {"calls", explore::calls_scenarios, Group::kMerged},
      {"handle", explore::handle_scenarios, Group::kMerged},
      {"handshake", explore::handshake_scenarios, Group::kMerged},
      {"failure", explore::failure_scenarios, Group::kMerged},
      {"server", explore::server_scenarios, Group::kMerged},
      {"server", explore::admit_scenarios, Group::kMerged},
      {"lifetime", explore::lifetime_scenarios, Group::kMerged},
      {"both ends", explore::both_ends_scenarios, Group::kMerged},
      {"tls", explore::tls_scenarios, Group::kMerged},
      {"tls", explore::right_tls, Group::kMerged},
      {"shortage", explore::shortage_scenarios, Group::kMerged},
      {"time", explore::time_scenarios, Group::kMerged},
      {"group", explore::group_scenarios, Group::kMerged},
      {"processors", explore::processor_scenarios, Group::kMerged},
      {"processors", explore::chat_scenarios, Group::kMerged},
      {"workers", explore::workers_scenarios, Group::kWhole},
      {"spare threads", explore::spare_scenarios, Group::kWhole},
#endif
      {"queue", explore::queue_scenarios, Group::kWhole},
      {"queue", explore::queue_bounds_scenarios, Group::kWhole},
      {"queue", explore::queue_lane_scenarios, Group::kWhole},
      {"latch", explore::latch_scenarios, Group::kWhole},
      {"example", explore::right_queue, Group::kWhole},
  };
}

// Those of the scheduler page, most of which are wrong: only for whoever asks for one by its name.
Group levels_group() { return {"levels", explore::level_scenarios, Group::kWhole}; }

// One scenario within one bound.
struct Task {
  explore::Named named;
  Group group;
  int preemptions = 0;
  explore::Counts known;  // by the page
};

// What a task's process tells the one that started it.
struct Result {
  explore::Count count;
  bool passed = false;
};

// Is it what the page has? If not all schedules were tried, the page has to say so.
bool as_the_page_says(const Task& task, const explore::Count& count, const std::string& page) {
  const auto known = task.known.find(task.preemptions);
  const bool is_there = known != task.known.end();
  // Of what was not followed to its end the page says how far it was: this time it may be further.
  if (is_there && !known->second.exhausted && count.schedules >= known->second.schedules) {
    return true;
  }
  if (is_there && known->second.schedules == count.schedules &&
      known->second.exhausted == count.exhausted) {
    return true;
  }
  std::printf("  STALE: %s has %s for it: see --write\n", page.c_str(),
              is_there ? explore::printable(known->second).c_str() : "nothing");
  return false;
}

Result explore_one(const Task& task, const Asked& asked) {
  const auto since = std::chrono::steady_clock::now();
  explore::Bounds bounds = asked.bounds;
  bounds.preemptions = task.preemptions;
  bounds.merge = task.group.states == Group::kMerged && !asked.every;
  const std::string& name = task.named.name;
  explore::Outcome outcome = explore::explore(task.named.scenario, bounds);
  const explore::Count count{outcome.schedules, outcome.exhausted};
  if (outcome.failure.empty() && asked.random > 0) {
    outcome = explore::search(task.named.scenario, asked.random, asked.seed);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  std::printf("%-52s %d: %9llu schedules%s, %.1f s\n", name.c_str(), task.preemptions,
              static_cast<unsigned long long>(count.schedules), count.exhausted ? "" : " (not all)",
              took.count());
  bool passed = outcome.failure.empty();
  if (!passed) {
    explore::print_steps(outcome);
    std::printf("  again: --scenario '%s' --replay %s\n", name.c_str(), outcome.schedule.c_str());
  } else if (!asked.write) {
    passed = asked.page.empty() ? count.exhausted : as_the_page_says(task, count, asked.page);
  }
  std::fflush(stdout);
  return {count, passed};
}

// The columns of the tables; more for those that need it.
constexpr int kFirstBound = 1, kLastBound = 2;

// The page keeps what it has of the others.
void write_page(const std::vector<Task>& tasks, const Result* results, const std::string& page) {
  explore::Table table = explore::read_table(page);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    if (results[i].passed) table[task.named.name][task.preemptions] = results[i].count;
  }
  std::vector<explore::Section> sections;
  for (const Group& group : groups()) {
    if (sections.empty() || sections.back().group != group.name)
      sections.push_back({group.name, {}});
    for (const explore::Named& named : group.scenarios()) {
      const int more = named.extra_preemptions;
      sections.back().rows.push_back({named.name, kFirstBound + more, kLastBound + more});
    }
  }
  explore::write_table(page, sections, table);
}

// Each in a process of its own, so many at a time. The results are those of the first so many
// tasks: all of them, unless it ends with the first failure.
std::vector<Result> explore_all(const std::vector<Task>& tasks, const Asked& asked) {
  const std::size_t bytes = tasks.size() * sizeof(Result);
  auto* shared = static_cast<Result*>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  int running = 0, failed = 0;
  const auto wait_for_one = [&] {
    int status = 0;
    ::wait(&status);
    --running;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failed;
    if (asked.write) write_page(tasks, shared, asked.page);  // some take long: nothing is lost
  };
  std::size_t begun = 0;
  for (; begun < tasks.size(); ++begun) {
    if (running == asked.jobs) wait_for_one();
    if (failed > 0 && asked.fail_fast) break;
    if (::fork() == 0) {
      shared[begun] = explore_one(tasks[begun], asked);
      ::_exit(shared[begun].passed ? 0 : 1);
    }
    ++running;
  }
  while (running > 0) wait_for_one();
  std::vector<Result> results(shared, shared + begun);
  ::munmap(shared, bytes);
  return results;
}

// What the page has nothing for may be long, too.
int bound_of(const explore::Named& named, const explore::Counts& known, const Asked& asked) {
  const int bound = asked.bounds.preemptions + named.extra_preemptions;
  if (asked.at_most == 0) return bound;
  const auto count = known.find(bound);
  const bool few =
      count != known.end() && count->second.exhausted && count->second.schedules <= asked.at_most;
  return few ? bound : bound - 1;
}

// What was asked for of one group.
void add_tasks(std::vector<Task>& tasks, const Group& group, const explore::Table& table,
               const Asked& asked) {
  for (const explore::Named& named : group.scenarios()) {
    if (!asked.only.empty() && named.name != asked.only) continue;
    if (named.name == asked.without) continue;
    const auto row = table.find(named.name);
    Task task{named, group, 0, row == table.end() ? explore::Counts() : row->second};
    task.preemptions = bound_of(named, task.known, asked);
    if (!asked.write) tasks.push_back(task);
    for (int bound = kFirstBound; asked.write && bound <= asked.bounds.preemptions; ++bound) {
      task.preemptions = bound + named.extra_preemptions;
      tasks.push_back(task);
    }
  }
}

// What takes longest comes first, as far as the page knows.
std::vector<Task> tasks_for(const Asked& asked) {
  const explore::Table table =
      asked.page.empty() ? explore::Table() : explore::read_table(asked.page);
  std::vector<Task> tasks;
  for (const Group& group : groups()) {
    if (asked.group.empty() || asked.group == group.name) add_tasks(tasks, group, table, asked);
  }
  if (tasks.empty() && !asked.only.empty()) add_tasks(tasks, levels_group(), table, asked);
  const auto expected = [](const Task& task) {
    const auto count = task.known.find(task.preemptions);
    return count == task.known.end() ? 0 : count->second.schedules;
  };
  std::stable_sort(tasks.begin(), tasks.end(),
                   [&](const Task& a, const Task& b) { return expected(a) > expected(b); });
  return tasks;
}

// Scenarios that the page has, and nobody else.
int count_leftovers(const std::string& page) {
  explore::Table table = explore::read_table(page);
  for (const Group& group : groups()) {
    for (const explore::Named& named : group.scenarios()) table.erase(named.name);
  }
  for (const auto& row : table) {
    std::printf("STALE: %s has a row for '%s', which is no scenario\n", page.c_str(),
                row.first.c_str());
  }
  return static_cast<int>(table.size());
}

int explore_and_report(const std::vector<Task>& tasks, const Asked& asked) {
  const auto since = std::chrono::steady_clock::now();
  const std::vector<Result> results = explore_all(tasks, asked);
  const auto passed = std::count_if(results.begin(), results.end(),
                                    [](const Result& result) { return result.passed; });
  auto failed = static_cast<std::ptrdiff_t>(results.size()) - passed;
  if (!asked.page.empty()) failed += count_leftovers(asked.page);
  std::uint64_t schedules = 0;
  for (const Result& result : results) schedules += result.count.schedules;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  std::printf("%td passed, %td failed: %llu schedules in %.0f s\n", passed, failed,
              static_cast<unsigned long long>(schedules), took.count());
  return failed == 0 ? 0 : 1;
}

#ifndef TRILOOP_QUEUE_ALONE
int export_to(const std::string& folder) {
  try {
    explore::export_page(folder, explore::levels_file());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

int play() {
  std::vector<explore::Playable> all;
  std::vector<Group> from = groups();
  from.push_back(levels_group());
  for (const Group& group : from) {
    for (const explore::Named& named : group.scenarios()) {
      const auto same = [&](const explore::Playable& other) {
        return other.named.name == named.name;
      };
      if (std::none_of(all.begin(), all.end(), same)) all.push_back({group.name, named});
    }
  }
  return explore::play_lines(all);
}
#endif

}  // namespace

int main(int argc, char** argv) {
#ifndef TRILOOP_QUEUE_ALONE
  spdlog::set_level(spdlog::level::off);  // its logger is no part of any scenario
#endif
  Asked asked;
  asked.bounds.schedules = 5'000'000;
  CLI::App app{"Runs the queue, the latch, the loops and the server under every schedule"};
  app.add_option("--preemptions", asked.bounds.preemptions,
                 "explore all schedules with at most so many (no more than 6)")
      ->check(CLI::Range(0, 6));
  app.add_option("--schedules", asked.bounds.schedules,
                 "but no more than so many for each scenario");
  app.add_flag("--every", asked.every,
               "also those that differ in the order of unrelated steps alone");
  app.add_option("--random", asked.random, "and then so many random ones");
  app.add_option("--seed", asked.seed, "of the random ones");
  app.add_option("--jobs", asked.jobs, "so many scenarios at a time")->check(CLI::PositiveNumber);
  app.add_option("--group", asked.group, "those of one table alone");
  app.add_option("--scenario", asked.only, "this one alone");
  app.add_option("--without", asked.without, "all but this one");
  app.add_option("--replay", asked.schedule,
                 "one schedule of --scenario, as a failure or the scheduler page printed it "
                 "(10100); or LEVEL:10100 alone");
  app.add_flag("--fail-fast", asked.fail_fast, "end with the first failure");
  app.add_flag("--list", asked.list, "the names of the scenarios");
  app.add_flag("--wrong-queues", asked.wrong, "only break the queues of docs/wrong-queues.md");
  app.add_flag("--wrong-tls", asked.wrong_tls, "only break the sessions of docs/tls.md");
  app.add_option("--levels", asked.levels,
                 "only write the levels of the scheduler page: web/levels.js");
#ifndef TRILOOP_QUEUE_ALONE
  app.add_option("--export", asked.folder, "only write the scheduler page into this folder");
  app.add_flag("--play", asked.play, "only play what the lines of standard input ask for");
#endif
  app.add_flag("--self-test", asked.itself, "only what the explorer must find, and must not");
  auto* page = app.add_option("--page", asked.page,
                              "docs/proof.md: each must have as many schedules as it says");
  app.add_option("--at-most", asked.at_most,
                 "one preemption less for those that have more schedules by the page")
      ->needs(page);
  app.add_flag("--write", asked.write,
               "explore with one preemption, and so on up to --preemptions, and write it there")
      ->needs(page);
  CLI11_PARSE(app, argc, argv);
  asked.only = explore::scenario_called(asked.only);
  if (asked.wrong) return explore::break_all(explore::wrong_queues()) ? 0 : 1;
  if (asked.wrong_tls) return explore::break_all(explore::wrong_tls()) ? 0 : 1;
  explore::catch_crashes();
#ifndef TRILOOP_QUEUE_ALONE
  if (asked.play) return play();
  if (!asked.folder.empty()) return export_to(asked.folder);
#endif
  if (!asked.levels.empty()) return explore::write_levels(asked.levels);
  if (!explore::test_itself()) return 1;
  if (asked.itself) return 0;

  try {
    if (asked.only.empty() && !asked.schedule.empty()) return explore::replay_link(asked.schedule);
    const std::vector<Task> tasks = tasks_for(asked);
    if (tasks.empty()) {
      std::fprintf(stderr, "there is no such scenario; see --list\n");
      return 2;
    }
    if (asked.list) {
      for (const Task& task : tasks) std::printf("%s\n", task.named.name.c_str());
      explore::print_levels();
      return 0;
    }
    if (!asked.schedule.empty()) {
      return explore::replay_and_print(tasks.front().named.scenario, asked.schedule);
    }
    return explore_and_report(tasks, asked);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
