// The scenarios by name.
#pragma once

#include <string>
#include <vector>

#include "scheduler.h"

namespace explore {

struct Named {
  std::string name;
  Scenario scenario;
};

const std::vector<Named>& queue_scenarios();
const std::vector<Named>& spare_scenarios();
const std::vector<Named>& connection_scenarios();

}  // namespace explore
