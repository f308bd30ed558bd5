// Explores the scenarios, or replays one schedule of one of them.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "scenarios.h"
#include "scheduler.h"
#include "self_test.h"

namespace {

struct Asked {
  explore::Bounds bounds;
  std::string only, schedule;
  std::uint64_t random = 0, seed = 1;
  int jobs = 1;
  bool list = false, fail_fast = false, wrong = false, every = false;
  bool itself = false;
};

struct Task {
  explore::Named named;
  bool merge = false;
};

std::vector<Task> all_tasks() {
  std::vector<Task> all;
  // Those that take longest come first.
  for (const auto* merged :
       {&explore::connection_scenarios(), &explore::calls_scenarios(), &explore::handle_scenarios(),
        &explore::failure_scenarios(), &explore::server_scenarios(), &explore::lifetime_scenarios(),
        &explore::shortage_scenarios(), &explore::processor_scenarios(),
        &explore::chat_scenarios()}) {
    for (const explore::Named& named : *merged) all.push_back({named, true});
  }
  for (const auto* whole :
       {&explore::queue_scenarios(), &explore::queue_bounds_scenarios(),
        &explore::queue_lane_scenarios(), &explore::latch_scenarios(), &explore::spare_scenarios(),
        &explore::workers_scenarios(), &explore::right_queue()}) {
    for (const explore::Named& named : *whole) all.push_back({named, false});
  }
  return all;
}

void print_steps(const explore::Outcome& outcome) {
  for (const explore::Step& step : outcome.steps) {
    std::printf("    %-12s %s\n", step.who.c_str(), step.what.c_str());
  }
  if (!outcome.failure.empty()) std::printf("  FAILED: %s\n", outcome.failure.c_str());
}

// The shortest schedule that breaks each of them, and without the excuse that a wait may end for no
// reason. False if one of them is not broken.
bool break_wrong_queues() {
  constexpr int kMostPreemptions = 2;
  bool all_broken = true;
  for (const explore::Named& named : explore::wrong_queues()) {
    explore::Bounds bounds;
    bounds.shortest = true;
    bounds.spurious = false;
    explore::Outcome outcome;
    for (bounds.preemptions = 0; bounds.preemptions <= kMostPreemptions; ++bounds.preemptions) {
      outcome = explore::explore(named.scenario, bounds);
      if (!outcome.failure.empty()) break;
    }
    std::printf("%s\t%s\n", named.name.c_str(), outcome.failure.c_str());
    for (const explore::Step& step : outcome.steps) {
      std::printf("\t%s\t%s\n", step.who.c_str(), step.what.c_str());
    }
    all_broken = all_broken && !outcome.failure.empty();
  }
  return all_broken;
}

// True if all schedules within the bounds were tried, and none failed.
bool explore_one(const Task& task, const Asked& asked) {
  const auto since = std::chrono::steady_clock::now();
  explore::Bounds bounds = asked.bounds;
  bounds.preemptions += task.named.extra_preemptions;
  bounds.merge = task.merge && !asked.every;
  const std::string& name = task.named.name;
  explore::Outcome outcome = explore::explore(task.named.scenario, bounds);
  const std::uint64_t systematic = outcome.schedules;
  const bool exhausted = outcome.exhausted;
  if (outcome.failure.empty() && asked.random > 0) {
    outcome = explore::search(task.named.scenario, asked.random, asked.seed);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  std::printf("%-52s %9llu schedules%s, %.1f s\n", name.c_str(),
              static_cast<unsigned long long>(systematic), exhausted ? "" : " (not all)",
              took.count());
  if (!outcome.failure.empty()) {
    print_steps(outcome);
    std::printf("  again: --scenario '%s' --replay %s\n", name.c_str(), outcome.schedule.c_str());
  }
  std::fflush(stdout);
  return outcome.failure.empty() && exhausted;
}

// Each in a process of its own, so many at a time. Returns how many failed, and counts how many
// ran.
int explore_all(const std::vector<Task>& tasks, const Asked& asked, int& ran) {
  int running = 0, failed = 0;
  const auto wait_for_one = [&] {
    int status = 0;
    ::wait(&status);
    --running;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failed;
  };
  for (const Task& task : tasks) {
    if (running == asked.jobs) wait_for_one();
    if (failed > 0 && asked.fail_fast) break;
    ++ran;
    if (::fork() == 0) ::_exit(explore_one(task, asked) ? 0 : 1);
    ++running;
  }
  while (running > 0) wait_for_one();
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  Asked asked;
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
  app.add_option("--scenario", asked.only, "this one alone");
  app.add_option("--replay", asked.schedule, "one schedule of --scenario, as a failure printed it");
  app.add_flag("--fail-fast", asked.fail_fast, "end with the first failure");
  app.add_flag("--list", asked.list, "the names of the scenarios");
  app.add_flag("--wrong-queues", asked.wrong, "only break the queues of docs/wrong-queues.md");
  app.add_flag("--self-test", asked.itself, "only what the explorer must find, and must not");
  CLI11_PARSE(app, argc, argv);
  if (asked.wrong) return break_wrong_queues() ? 0 : 1;
  explore::catch_crashes();
  if (!explore::test_itself()) return 1;
  if (asked.itself) return 0;

  std::vector<Task> tasks;
  for (const Task& task : all_tasks()) {
    if (asked.only.empty() || task.named.name == asked.only) tasks.push_back(task);
  }
  if (tasks.empty()) {
    std::fprintf(stderr, "there is no scenario '%s'; see --list\n", asked.only.c_str());
    return 2;
  }
  if (asked.list) {
    for (const Task& task : tasks) std::printf("%s\n", task.named.name.c_str());
    return 0;
  }
  if (!asked.schedule.empty()) {
    const explore::Outcome outcome = explore::replay(tasks.front().named.scenario, asked.schedule);
    print_steps(outcome);
    return outcome.failure.empty() ? 0 : 1;
  }
  int ran = 0;
  const int failed = explore_all(tasks, asked, ran);
  std::printf("%d passed, %d failed\n", ran - failed, failed);
  return failed == 0 ? 0 : 1;
}
