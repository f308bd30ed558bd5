#include "comparison.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <map>
#include <set>
#include <system_error>

#include "interpreter.h"
#include "play.h"

namespace explore::fuzz {
namespace {

constexpr int kMostPreemptions = 1000;  // more than any program here can have
constexpr int kMostMerged = 6;          // the explorer's own limit when it merges states
constexpr rlim_t kMostSeconds = 60;     // of computing
constexpr int kOnePiece = 32 << 20;     // bytes
constexpr std::size_t kMostShown = 3;

using Least = std::map<Ending, int>;

std::string show(const char* what, const std::vector<Ending>& endings, const Program& program) {
  std::string all;
  for (std::size_t i = 0; i < std::min(endings.size(), kMostShown); ++i) {
    all += std::string("  ") + what + ": " + text(endings[i], program) + "\n";
  }
  if (endings.size() > kMostShown)
    all += "  and " + std::to_string(endings.size() - kMostShown) + " more\n";
  return all;
}

// Empty if they are the same.
std::string difference(const Played& played, const Least& least, const Bounds& bounds,
                       const Program& program) {
  if (!played.failure.empty()) return "the explorer fails: " + played.failure + "\n";
  std::set<Ending> expected;
  for (const auto& [ending, preemptions] : least) {
    if (preemptions <= bounds.preemptions) expected.insert(ending);
  }
  std::vector<Ending> missed, wrong;
  const std::set<Ending>& found = played.endings;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(missed));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(),
                      std::back_inserter(wrong));
  if (missed.empty() && wrong.empty()) return "";
  return "at " + std::to_string(bounds.preemptions) + " preemptions, states " +
         (bounds.merge ? "merged" : "not merged") + ", of " + std::to_string(expected.size()) +
         " endings:\n" + show("missed", missed, program) + show("cannot be", wrong, program);
}

void look_at(const Least& least, Verdict& verdict) {
  verdict.has_races = least.size() > 1;
  for (const auto& [ending, preemptions] : least) {
    verdict.has_deadlock |= ending.deadlock != 0;
    verdict.has_time_help |= ending.had_to_help != 0;
    verdict.has_early_time |= ending.came_early != 0;
  }
}

Verdict compare_here(const Program& program, std::uint64_t most_schedules) {
  Verdict verdict;
  const auto least = all_endings(program);
  if (!least) {
    verdict.skipped = true;
    return verdict;
  }
  look_at(*least, verdict);
  const bool bounded = program.preemptions != kUnbounded;
  std::vector<int> at;
  for (int i = 0; i <= (bounded ? program.preemptions : kMostMerged); ++i) at.push_back(i);
  if (!bounded) at.push_back(kMostPreemptions);
  for (const bool merge : {true, false}) {
    for (const int preemptions : at) {
      Bounds bounds;
      bounds.preemptions = preemptions;
      bounds.schedules = most_schedules;
      bounds.merge = merge;
      bounds.spurious = program.spurious;
      if (merge && preemptions > kMostMerged) break;
      const Played played = play(program, bounds);
      if (!played.exhausted) {
        verdict.skipped = true;
        break;
      }
      verdict.difference = difference(played, *least, bounds, program);
      if (!verdict.difference.empty()) return verdict;
    }
  }
  return verdict;
}

// What a verdict is on its way from one process to the other: five letters, then the difference.
std::string packed(const Verdict& verdict) {
  std::string all;
  for (const bool flag : {verdict.skipped, verdict.has_deadlock, verdict.has_time_help,
                          verdict.has_early_time, verdict.has_races}) {
    all += flag ? 'y' : 'n';
  }
  return all + verdict.difference;
}

Verdict unpacked(const std::string& all) {
  Verdict verdict;
  int next = 0;
  for (bool* flag : {&verdict.skipped, &verdict.has_deadlock, &verdict.has_time_help,
                     &verdict.has_early_time, &verdict.has_races}) {
    *flag = all[static_cast<std::size_t>(next++)] == 'y';
  }
  verdict.difference = all.substr(5);
  return verdict;
}

[[noreturn]] void judge(const Program& program, std::uint64_t most_schedules, int out) {
  const rlimit limit{kMostSeconds, kMostSeconds};
  ::setrlimit(RLIMIT_CPU, &limit);
  ::mallopt(M_MMAP_THRESHOLD, kOnePiece);  // for the stacks that stay: not a mapping for each
  ::mallopt(M_TOP_PAD, kOnePiece);
  Verdict verdict;
  try {
    verdict = compare_here(program, most_schedules);
  } catch (const std::exception& error) {
    verdict.difference = std::string("the explorer gives up: ") + error.what() + "\n";
  }
  const std::string all = packed(verdict);
  for (std::size_t sent = 0; sent < all.size();) {
    const ssize_t count = ::write(out, all.data() + sent, all.size() - sent);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

}  // namespace

Verdict compare(const Program& program, std::uint64_t most_schedules) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) judge(program, most_schedules, ends[1]);
  ::close(ends[1]);
  std::string all;
  char buffer[4096];
  for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status == 0 && all.size() >= 5) return unpacked(all);
  Verdict verdict;
  verdict.difference = WIFSIGNALED(status)
                           ? std::string("it dies: ") + ::strsignal(WTERMSIG(status)) + "\n"
                           : "it dies\n";
  return verdict;
}

}  // namespace explore::fuzz
