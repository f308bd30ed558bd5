#include "threads.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace triloop::testing {
namespace {

namespace fs = std::filesystem;

// Empty for a thread that has just ended: reading its file fails then.
std::string task_file(long thread_id, const char* file) {
  std::ifstream in("/proc/self/task/" + std::to_string(thread_id) + "/" + file);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

// The lines of /proc/self/task/ID/status that change when the thread runs; empty if it runs now.
std::string footprint(long thread_id) {
  std::istringstream status(task_file(thread_id, "status"));
  std::string line, print;
  bool asleep = false;
  while (std::getline(status, line)) {
    if (line.rfind("State:", 0) == 0) asleep = line.find("S (sleeping)") != std::string::npos;
    if (line.find("ctxt_switches") != std::string::npos) print += line;
  }
  return asleep ? print : std::string();
}

std::vector<long> all_threads() {
  std::vector<long> ids;
  for (const auto& entry : fs::directory_iterator("/proc/self/task")) {
    ids.push_back(std::stol(entry.path().filename().string()));
  }
  return ids;
}

std::size_t entries(const char* directory) {
  std::size_t count = 0;
  for (auto it = fs::directory_iterator(directory); it != fs::directory_iterator(); ++it) ++count;
  return count;
}

}  // namespace

void await(const std::string& what, const std::function<bool()>& condition) {
  const TimePoint deadline = Clock::now() + kFailSafe;
  while (!condition()) {
    if (Clock::now() > deadline) throw std::runtime_error("waited in vain for: " + what);
    ::sched_yield();
  }
}

std::vector<long> threads_named(const std::string& name) {
  std::vector<long> found;
  for (const long id : all_threads()) {
    if (task_file(id, "comm") == name + "\n") found.push_back(id);
  }
  return found;
}

std::size_t thread_count() { return entries("/proc/self/task"); }
std::size_t descriptor_count() { return entries("/proc/self/fd"); }

void await_standstill() {
  const long self = ::syscall(SYS_gettid);
  std::map<long, std::string> last;
  await("a standstill", [&] {
    std::map<long, std::string> now;
    for (const long id : all_threads()) {
      if (id != self) now[id] = footprint(id);
    }
    const bool asleep =
        std::all_of(now.begin(), now.end(), [](const auto& one) { return !one.second.empty(); });
    const bool still = asleep && now == last;
    last = std::move(now);
    return still;
  });
}

void await_blocked(const std::string& name) {
  await("a thread " + name, [&] { return threads_named(name).size() == 1; });
  await_standstill();
  if (threads_named(name).size() != 1) throw std::runtime_error("no longer there: " + name);
}

Worker::Worker(std::function<void()> body)
    : thread_("worker", [this, body = std::move(body)] {
        started_ = true;
        body();
        done_ = true;
      }) {}

void Worker::await_blocked() {
  await("the worker to start", [this] { return started_.load(); });
  await_standstill();
}

void Worker::await_done() {
  await("the worker to be done", [this] { return is_done(); });
}

}  // namespace triloop::testing
