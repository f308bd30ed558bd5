#include "process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace load {
namespace {

constexpr int kFieldsBeforeFaults = 7;  // of /proc/PID/stat, behind the command

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error("cannot read " + path);
  return text.str();
}

// The number behind "NAME:" at the start of a line; sizes in these files are in kB.
std::uint64_t field(const std::string& text, const std::string& name) {
  const std::string key = name + ":";
  std::size_t at = text.rfind(key, 0) == 0 ? 0 : text.find("\n" + key);
  if (at == std::string::npos) throw std::runtime_error("/proc has no line " + key);
  if (at != 0) ++at;
  return std::stoull(text.substr(at + key.size()));
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The clock counts nanoseconds, where /proc counts ticks of 10 ms.
double cpu_seconds_of(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    throw std::runtime_error("there is no process " + std::to_string(pid));
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

ProcessUsage usage_of(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  ProcessUsage usage;
  usage.cpu_seconds = cpu_seconds_of(pid);
  // The command, in brackets, may hold anything. Behind it, among others: minor faults, those of
  // children, major faults.
  const std::string stat = contents(folder + "/stat");
  std::istringstream behind(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeFaults; ++i) behind >> skipped;
  std::uint64_t minor = 0, of_children = 0, major = 0;
  behind >> minor >> of_children >> major;
  usage.page_faults = minor + major;
  const std::string status = contents(folder + "/status");
  usage.resident_bytes = field(status, "VmRSS") * 1024;
  usage.threads = field(status, "Threads");
  return usage;
}

void add_switches_of(int pid, SwitchesByThread& switches) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(folder.c_str()), closedir);
  if (!listing) throw std::runtime_error("cannot list " + folder);
  while (const dirent* entry = readdir(listing.get())) {
    if (entry->d_name[0] == '.') continue;
    try {
      const std::string status = contents(folder + "/" + entry->d_name + "/status");
      switches[std::stoi(entry->d_name)] =
          field(status, "voluntary_ctxt_switches") + field(status, "nonvoluntary_ctxt_switches");
    } catch (const std::runtime_error&) {
      // It has ended since it was listed.
    }
  }
}

}  // namespace

ProcessUsage usage_of(const std::vector<int>& pids) {
  ProcessUsage sum;
  for (const int pid : pids) {
    const ProcessUsage usage = usage_of(pid);
    sum.cpu_seconds += usage.cpu_seconds;
    sum.page_faults += usage.page_faults;
    sum.resident_bytes += usage.resident_bytes;
    sum.threads += usage.threads;
  }
  return sum;
}

SwitchesByThread switches_of(const std::vector<int>& pids) {
  SwitchesByThread switches;
  for (const int pid : pids) add_switches_of(pid, switches);
  return switches;
}

std::uint64_t switches_between(const SwitchesByThread& before, const SwitchesByThread& after) {
  std::uint64_t sum = 0;
  for (const auto& [thread, count] : after) {
    const auto earlier = before.find(thread);
    if (earlier != before.end()) sum += count - earlier->second;
  }
  return sum;
}

std::uint64_t available_system_bytes() {
  return field(contents("/proc/meminfo"), "MemAvailable") * 1024;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace load
