// The levels of the scheduler page, by id, and the file that the page reads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "level.h"
#include "scenarios.h"

namespace explore {

struct NamedLevel {
  std::string id;
  Named named;
  bool wrong = false;
  std::function<void(Level&)> show;  // fills in the sources
};

const std::vector<NamedLevel>& levels();

/// null if there is none.
const NamedLevel* level_called(const std::string& id_or_scenario);

/// web/levels.js.
std::string levels_file();

}  // namespace explore
