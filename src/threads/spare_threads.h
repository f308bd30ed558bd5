/// Threads that are kept when what they ran is over, for whoever starts one next.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "triloop/sync.h"

namespace triloop {

/// Starts threads, and keeps some of those that have nothing left to run.
///
/// To wake a thread costs a fraction of what it takes to start one and to end it, and a connection
/// needs three. Whoever starts one here need not know: a Task is what a Thread is, with the name
/// that it was given, and joined.
///
/// Thread safety: any thread may call start(), and join what it has started. It must outlive its
/// tasks.
class SpareThreads {
  class Worker;

 public:
  /// A body that runs, or has run, on a thread of its own.
  class Task {
   public:
    Task();
    Task(Task&& other) noexcept;
    Task& operator=(Task&& other) noexcept;
    ~Task();

    /// Blocks until the body has ended; freed by nothing else. Does nothing the second time.
    void join();

   private:
    friend class SpareThreads;
    Task(SpareThreads& owner, std::unique_ptr<Worker> worker);
    explicit Task(Thread thread);

    // Until joined, one of the two: a thread that may be kept, or one that will not.
    std::unique_ptr<Worker> worker_;
    Thread thread_;
    SpareThreads* owner_ = nullptr;
  };

  /// Keeps up to `most` threads, with 0 none at all, each with a stack of `stack_bytes` (0: the
  /// system's default).
  SpareThreads(std::size_t most, std::size_t stack_bytes);
  /// Ends the spare threads and joins them.
  ~SpareThreads();
  SpareThreads(const SpareThreads&) = delete;
  SpareThreads& operator=(const SpareThreads&) = delete;

  /// Runs `body` on a spare thread, or on a new one if there is none. Throws std::system_error if
  /// the system has no thread left. An exception that leaves `body` ends the program.
  Task start(std::string name, std::function<void()> body);

 private:
  // A worker whose body has ended, on its own thread: is there a place for it to stay?
  bool take_place();
  // One that has a place waits from now on for whoever needs a thread.
  void keep(std::unique_ptr<Worker> worker) noexcept;

  const std::size_t most_;
  const std::size_t stack_bytes_;
  Mutex mutex_;
  // Of those in spare_, and of those whose body has ended and who are not joined yet.
  std::size_t places_taken_ TRILOOP_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Worker>> spare_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
