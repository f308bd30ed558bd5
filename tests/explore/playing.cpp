#include "playing.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "graph.h"
#include "levels.h"

namespace explore {
namespace {

constexpr int kMostPreemptions = 2;

void print(const std::vector<Step>& steps) {
  for (const Step& step : steps) std::printf("    %-12s %s\n", step.who.c_str(), step.what.c_str());
}

const char* how(Option::Kind kind) {
  switch (kind) {
    case Option::kRun:
      return "";
    case Option::kNotify:
      return "is woken";
    case Option::kSpurious:
      return "wakes for no reason";
    case Option::kTimeout:
      break;
  }
  return "'s deadline passes";
}

// Who may be chosen next, each behind his digit.
void print_options(const Node& node) {
  std::printf("  and now:\n");
  for (std::size_t i = 0; i < node.options.size(); ++i) {
    const Edge& option = node.options[i];
    const Standing& thread = node.threads[static_cast<std::size_t>(option.thread)];
    const std::string what =
        option.kind == Option::kRun ? intention(thread.next) : how(option.kind);
    std::printf("    %s  %s %s\n", text_of({static_cast<std::uint8_t>(i)}).c_str(),
                thread.who.name.c_str(), what.c_str());
  }
}

int play_and_print(const Scenario& scenario, const std::string& choices) {
  const Stop stop = play(scenario, choices_from(choices));
  print(steps_of(stop.events));
  if (stop.node.end == Node::kGoesOn) print_options(stop.node);
  if (stop.node.end == Node::kBroken) std::printf("  FAILED: %s\n", stop.node.failure.c_str());
  return stop.node.end == Node::kBroken ? 1 : 0;
}

}  // namespace

void print_steps(const Outcome& outcome) {
  print(steps_of(outcome.events));
  if (!outcome.failure.empty()) std::printf("  FAILED: %s\n", outcome.failure.c_str());
}

bool break_all(const std::vector<Named>& wrong) {
  bool all_broken = true;
  for (const Named& named : wrong) {
    Bounds bounds;
    bounds.shortest = true;
    bounds.spurious = false;
    Outcome outcome;
    for (bounds.preemptions = 0; bounds.preemptions <= kMostPreemptions; ++bounds.preemptions) {
      outcome = explore(named.scenario, bounds);
      if (!outcome.failure.empty()) break;
    }
    std::printf("%s\t%s\n", named.name.c_str(), outcome.failure.c_str());
    for (const Step& step : steps_of(outcome.events)) {
      std::printf("\t%s\t%s\n", step.who.c_str(), step.what.c_str());
    }
    all_broken = all_broken && !outcome.failure.empty();
  }
  return all_broken;
}

int write_levels(const std::string& file) {
  std::ofstream out(file, std::ios::binary);
  out << levels_file() << std::flush;
  if (!out) std::fprintf(stderr, "cannot write %s\n", file.c_str());
  return out ? 0 : 2;
}

int replay_and_print(const Scenario& scenario, const std::string& schedule) {
  if (schedule.find(':') == std::string::npos) return play_and_print(scenario, schedule);
  const Outcome outcome = replay(scenario, schedule);
  print_steps(outcome);
  return outcome.failure.empty() ? 0 : 1;
}

int replay_link(const std::string& link) {
  const std::size_t colon = link.find(':');
  const NamedLevel* level = level_called(link.substr(0, colon));
  if (level == nullptr) throw std::invalid_argument("there is no such level; see --list");
  const std::string choices = colon == std::string::npos ? "" : link.substr(colon + 1);
  return play_and_print(level->named.scenario, choices);
}

std::string scenario_called(const std::string& name_or_id) {
  const NamedLevel* level = level_called(name_or_id);
  return level == nullptr ? name_or_id : level->named.name;
}

const std::vector<Named>& level_scenarios() {
  static const std::vector<Named> all = [] {
    std::vector<Named> scenarios;
    for (const NamedLevel& level : levels()) scenarios.push_back(level.named);
    for (const Named& named : small_connections()) {
      const auto same = [&](const Named& known) { return known.name == named.name; };
      if (std::none_of(scenarios.begin(), scenarios.end(), same)) scenarios.push_back(named);
    }
    scenarios.insert(scenarios.end(), wrong_tls().begin(), wrong_tls().end());
    return scenarios;
  }();
  return all;
}

void print_levels() {
  for (const NamedLevel& level : levels()) {
    std::printf("%s: %s\n", level.id.c_str(), level.named.name.c_str());
  }
}

}  // namespace explore
