// Exercise 4: a processor that broadcasts. The solution.
#pragma once

#include <cstdint>

#include "triloop/group.h"

class Broadcast {
 public:
  // The processor: each member has a thread that runs it.
  void serve(triloop::Connection& connection) {
    group_.join(connection.handle());
    for (const triloop::Message& message : connection) tell_all(message);
    group_.leave(connection.handle());
  }

  // How many times a member has missed what was said.
  std::uint64_t missed() const {
    const triloop::MutexLock lock(mutex_);
    return missed_;
  }

 private:
  // The group tells all in the same order, and waits for nobody: whose out-queue is full misses it.
  void tell_all(const triloop::Message& message) {
    const triloop::PreparedMessage prepared(message);
    const triloop::Published published = group_.publish(prepared, triloop::Overflow::skip());
    const triloop::MutexLock lock(mutex_);
    missed_ += published.skipped;
  }

  triloop::Group group_;
  mutable triloop::Mutex mutex_;
  std::uint64_t missed_ TRILOOP_GUARDED_BY(mutex_) = 0;
};
