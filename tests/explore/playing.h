// What the program does with levels and single schedules.
#pragma once

#include <string>
#include <vector>

#include "scenarios.h"
#include "scheduler.h"

namespace explore {

void print_steps(const Outcome& outcome);

/// Prints the shortest schedule that breaks each of them, without the excuse that a wait may end
/// for no reason. False if one of them is not broken.
bool break_all(const std::vector<Named>& wrong);

/// Writes web/levels.js. The program's exit status, as of the following.
int write_levels(const std::string& file);

/// Prints one schedule: "17:2,40:1" as a failure was printed, or "10100" as the scheduler page says
/// it. 1 if it fails. Throws std::invalid_argument.
int replay_and_print(const Scenario& scenario, const std::string& schedule);

/// The same of a level: "close-wakes-one:10100".
int replay_link(const std::string& link);

/// The scenario of a level, by the level's id; what is no such id stays as it is.
std::string scenario_called(const std::string& name_or_id);

/// Those of all levels, the right ones of what is cut down, and what no level shows.
const std::vector<Named>& level_scenarios();

/// "close-wakes-one: close wakes one", a line for each.
void print_levels();

}  // namespace explore
