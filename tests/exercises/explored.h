// Exercises 1 to 3: each promise is tried under every schedule that its threads can have.
#pragma once

#include <string>
#include <vector>

#include "scheduler.h"

namespace exercises {

struct Promise {
  std::string what;
  explore::Scenario scenario;
};

/// How it is done.
enum class Manner {
  every_step,  ///< each schedule is tried, and all of its steps are shown
  calls,       ///< each state is gone on from once (docs/proof.md), and remarks alone are shown
};

/// What is checked, and where its page is written if it is broken (played.h).
struct Code {
  std::string id;         ///< "exercise-1"
  std::string directory;  ///< of what the student writes
  std::string page;
};

/// Prints which promises hold; of the first that does not, the shortest schedule that breaks it,
/// and on standard error where it can be played. Returns the exit status: 0 if all hold, 1 if one
/// is broken.
int explore_all(const std::string& title, const Code& code, const std::vector<Promise>& promises,
                Manner manner = Manner::every_step);

}  // namespace exercises
