/// Puts what threads have finished in any order back into one order.
#pragma once

#include <cstdint>

#include "triloop/sync.h"

namespace triloop {

/// Turns 0, 1, 2, ...: each comes when the one before it has been passed on. As in a shop where
/// customers draw numbers. Any number of threads.
class Turns {
 public:
  /// A number, in the hand of the thread that works on it. Whatever becomes of the work, the
  /// destructor waits for the turn and passes it on: a turn that is lost would stop all later ones.
  class Ticket {
   public:
    Ticket(Turns& turns, std::uint64_t number) : turns_(turns), number_(number) {}
    ~Ticket() { turns_.pass_on(number_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// Blocks until it is this ticket's turn; freed when all earlier tickets are gone.
    void await() const { turns_.await(number_); }

   private:
    Turns& turns_;
    const std::uint64_t number_;
  };

 private:
  void await(std::uint64_t number) TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (now_ != number) turn_changed_.wait(mutex_);
  }
  void pass_on(std::uint64_t number) TRILOOP_EXCLUDES(mutex_) {
    await(number);
    {
      const MutexLock lock(mutex_);
      now_ = number + 1;
    }
    turn_changed_.notify_all();  // all: only one of them has the next number
  }

  Mutex mutex_;
  CondVar turn_changed_;
  std::uint64_t now_ TRILOOP_GUARDED_BY(mutex_) = 0;
};

}  // namespace triloop
