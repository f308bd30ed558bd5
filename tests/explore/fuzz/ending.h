// How one schedule of a program ended: all that its threads have seen, and all that is left.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <type_traits>

#include "program.h"

namespace explore::fuzz {

constexpr Small kNothing = -100;  // an operation that was not reached, left out, or sees nothing

struct Ending {
  // What each operation saw: a value, a wait's result, the clock.
  std::array<std::array<Small, kMostOperations>, kMostThreads> seen;
  std::array<Small, kMostThreads> at{};  // the operation at which each thread stands
  std::array<Small, kMostObjects> atomics{};
  std::array<Small, kMostObjects> variables{};
  std::array<Small, kMostObjects> touched{};
  Small deadlock = 0;
  // These are not known of a deadlock: the scenario does not see it.
  Small clock = 0;
  Small had_to_help = 0;
  Small came_early = 0;

  Ending() {
    for (auto& thread : seen) thread.fill(kNothing);
  }
  bool operator<(const Ending& other) const { return std::memcmp(this, &other, sizeof *this) < 0; }
};
static_assert(std::has_unique_object_representations_v<Ending>);

std::string text(const Ending& ending, const Program& program);

}  // namespace explore::fuzz
