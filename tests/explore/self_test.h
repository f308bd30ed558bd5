// What the explorer must find, and what it must not.
#pragma once

#include <string>
#include <vector>

#include "scheduler.h"

namespace explore {

struct SelfTest {
  std::string name;
  Scenario scenario;
  std::string finds;  // part of the failure; empty: there is none
};

/// Programs with one fault each, or with none. Each holds with states merged and without.
const std::vector<SelfTest>& self_tests();

/// Runs them all, and prints those that do not hold. True if there is none.
bool test_itself();

}  // namespace explore
