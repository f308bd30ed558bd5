// Compares the explorer with an interpreter, on small random programs and on those of the corpus.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "comparison.h"
#include "generator.h"
#include "program.h"
#include "shrinking.h"

namespace {

using explore::fuzz::Program;
using explore::fuzz::Verdict;

constexpr std::uint64_t kMostOfStored = 1'000'000;  // schedules

struct Asked {
  std::uint64_t programs = 0, seed = 1;
  int seconds = 0;
  std::string corpus, replay;
};

struct Tally {
  int programs = 0, with_deadlines = 0, differences = 0, skipped = 0, races = 0, deadlocks = 0,
      helped = 0, early = 0;

  void add(const Program& program, const Verdict& verdict) {
    ++programs;
    with_deadlines += has_deadlines(program);
    differences += !verdict.difference.empty();
    skipped += verdict.skipped;
    races += verdict.has_races;
    deadlocks += verdict.has_deadlock;
    helped += verdict.has_time_help;
    early += verdict.has_early_time;
  }

  void print() const {
    std::printf(
        "%d programs, %d with deadlines, %d differences (%d end in more than one way, %d may "
        "deadlock, in %d time has to help, in %d it comes early; %d skipped)\n",
        programs, with_deadlines, differences, races, deadlocks, helped, early, skipped);
  }
};

Program read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot be read");
  return explore::fuzz::parse(in);
}

void print(const std::string& name, const Program& program, const Verdict& verdict) {
  std::printf("%s:\n%s%s", name.c_str(), text(program).c_str(), verdict.difference.c_str());
}

// What was found before comes first. A stored program that is too large to be compared tells
// nothing.
void run_corpus(const std::string& directory, Tally& tally) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw std::runtime_error("no programs in " + directory);
  for (const auto& file : files) {
    try {
      const Program program = read(file);
      Verdict verdict = compare(program, kMostOfStored);
      if (verdict.skipped) verdict.difference += "it has too many schedules\n";
      tally.add(program, verdict);
      if (!verdict.difference.empty()) print(file.string(), program, verdict);
    } catch (const std::exception& error) {
      throw std::runtime_error(file.string() + ": " + error.what());
    }
  }
}

// Every second one leans to deadlines. Ends with the first that differs.
void run_fresh(const Asked& asked, Tally& tally) {
  using Clock = std::chrono::steady_clock;
  const auto end = asked.seconds > 0 ? Clock::now() + std::chrono::seconds(asked.seconds)
                                     : Clock::time_point::max();
  const std::uint64_t programs = asked.programs > 0 || asked.seconds == 0
                                     ? asked.programs
                                     : std::numeric_limits<std::uint64_t>::max();
  if (programs == 0) return;
  std::printf("seed %llu\n", static_cast<unsigned long long>(asked.seed));
  for (std::uint64_t i = 0; i < programs && Clock::now() < end; ++i) {
    const Program program = explore::fuzz::generate(asked.seed * 1'000'000'007 + i, i % 2 == 0);
    const Verdict verdict = compare(program);
    tally.add(program, verdict);
    if (verdict.difference.empty()) continue;
    print("program " + std::to_string(i), program, verdict);
    const Program small = explore::fuzz::shrunk(program);
    print("the same, shrunk", small, compare(small));
    return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Asked asked;
  CLI::App app{"Compares what the explorer finds in small programs with what there is"};
  app.add_option("--programs", asked.programs, "so many fresh ones");
  app.add_option("--seconds", asked.seconds, "fresh ones, but no longer than that");
  app.add_option("--seed", asked.seed, "of the fresh ones");
  app.add_option("--corpus", asked.corpus, "the programs in this folder come first")
      ->check(CLI::ExistingDirectory);
  app.add_option("--replay", asked.replay, "this program alone")->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  if (asked.seconds == 0 && asked.corpus.empty() && asked.replay.empty() && asked.programs == 0) {
    asked.programs = 1000;
  }
  try {
    Tally tally;
    if (!asked.replay.empty()) {
      const Program program = read(asked.replay);
      const Verdict verdict = compare(program, kMostOfStored);
      tally.add(program, verdict);
      print(asked.replay, program, verdict);
    } else {
      if (!asked.corpus.empty()) run_corpus(asked.corpus, tally);
      if (tally.differences == 0) run_fresh(asked, tally);
    }
    tally.print();
    return tally.differences == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "explore_fuzz: %s\n", error.what());
    return 2;
  }
}
