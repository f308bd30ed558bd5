#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace load {

/// What the kernel says of processes, in sum: of all their threads, those that have ended too. A
/// process that is not there throws.
struct ProcessUsage {
  double cpu_seconds = 0;         // user and system
  std::uint64_t page_faults = 0;  // minor and major
  std::uint64_t resident_bytes = 0;
  std::uint64_t threads = 0;
};
ProcessUsage usage_of(const std::vector<int>& pids);

using SwitchesByThread = std::map<int, std::uint64_t>;
/// Context switches of each thread, voluntary and not. Costs a file per thread.
SwitchesByThread switches_of(const std::vector<int>& pids);
/// The switches between two looks, of the threads that were there at both.
std::uint64_t switches_between(const SwitchesByThread& before, const SwitchesByThread& after);

std::uint64_t available_system_bytes();
double own_cpu_seconds();

}  // namespace load
