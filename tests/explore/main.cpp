// Explores the scenarios, or replays one schedule of one of them.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "scenarios.h"
#include "scheduler.h"

namespace {

void print_steps(const explore::Outcome& outcome) {
  for (const std::string& step : outcome.steps) std::printf("    %s\n", step.c_str());
  if (!outcome.failure.empty()) std::printf("  FAILED: %s\n", outcome.failure.c_str());
}

std::vector<explore::Named> all_scenarios() {
  std::vector<explore::Named> all = explore::queue_scenarios();
  for (const auto* more : {&explore::spare_scenarios(), &explore::connection_scenarios()}) {
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  explore::Bounds bounds;
  std::string only, schedule;
  std::uint64_t random = 0, seed = 1;
  bool list = false, fail_fast = false;
  CLI::App app{"Runs the queue, the latch and the loops under every schedule"};
  app.add_option("--preemptions", bounds.preemptions, "explore all schedules with at most so many");
  app.add_option("--schedules", bounds.schedules, "but no more than so many for each scenario");
  app.add_option("--random", random, "and then so many random ones");
  app.add_option("--seed", seed, "of the random ones");
  app.add_option("--scenario", only, "this one alone");
  app.add_option("--replay", schedule, "one schedule of --scenario, as a failure printed it");
  app.add_flag("--fail-fast", fail_fast, "end with the first failure");
  app.add_flag("--list", list, "the names of the scenarios");
  CLI11_PARSE(app, argc, argv);

  int passed = 0, failed = 0;
  for (const auto& [name, scenario] : all_scenarios()) {
    if (!only.empty() && name != only) continue;
    if (list) {
      std::printf("%s\n", name.c_str());
      continue;
    }
    if (!schedule.empty()) {
      const explore::Outcome outcome = explore::replay(scenario, schedule);
      print_steps(outcome);
      return outcome.failure.empty() ? 0 : 1;
    }
    const auto since = std::chrono::steady_clock::now();
    explore::Outcome outcome = explore::explore(scenario, bounds);
    const std::uint64_t systematic = outcome.schedules;
    const bool exhausted = outcome.exhausted;
    if (outcome.failure.empty() && random > 0) outcome = explore::search(scenario, random, seed);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
    const bool good = outcome.failure.empty() && exhausted;
    std::printf("%-45s %9llu schedules%s, %.1f s\n", name.c_str(),
                static_cast<unsigned long long>(systematic), exhausted ? "" : " (not all)",
                took.count());
    if (!outcome.failure.empty()) {
      print_steps(outcome);
      std::printf("  again: --scenario '%s' --replay %s\n", name.c_str(),
                  outcome.schedule.empty() ? "0" : outcome.schedule.c_str());
    }
    std::fflush(stdout);
    ++(good ? passed : failed);
    if (!good && fail_fast) break;
  }
  if (list) return 0;
  if (passed + failed == 0) {
    std::fprintf(stderr, "there is no scenario '%s'; see --list\n", only.c_str());
    return 2;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
