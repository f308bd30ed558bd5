// How tests watch threads without sleeping: they ask the kernel.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "triloop/sync.h"

namespace triloop::testing {

/// A fail-safe, never an expectation: a test that gets here has failed.
constexpr std::chrono::seconds kFailSafe{30};

/// Spins, yielding, until `condition` holds. Throws after kFailSafe, naming `what`.
void await(const std::string& what, const std::function<bool()>& condition);

/// The ids of this process's threads that have this name ("proc-1").
std::vector<long> threads_named(const std::string& name);

/// How many threads this process has; how many descriptors are open.
std::size_t thread_count();
std::size_t descriptor_count();

/// Blocks until every other thread of the process is blocked: the proof that one is.
///
/// That a thread is asleep proves little, for it may wait a moment for a mutex whose holder has
/// been preempted. But the kernel counts how often each thread has been switched, so if two looks
/// at all of them find all asleep, with the same counts, then between the looks there was an
/// instant at which nobody ran. From there only a deadline, the network or this thread can move
/// anything. So no other thread of a test may spin meanwhile.
void await_standstill();

/// The same, when there is a thread of this name.
void await_blocked(const std::string& name);

/// Runs a body on a thread of its own, and tells when it is blocked and when it is done.
class Worker {
 public:
  explicit Worker(std::function<void()> body);

  /// await_standstill(), once the body has begun.
  void await_blocked();
  bool is_done() const { return done_; }
  void await_done();

 private:
  std::atomic<bool> started_{false};
  std::atomic<bool> done_{false};
  Thread thread_;  // last: it ends before what it uses does
};

}  // namespace triloop::testing
