// Exercise 4: a processor that broadcasts. The solution, by hand.
#pragma once

#include <cstdint>
#include <map>

#include "triloop/handle.h"

class Broadcast {
 public:
  // The processor: each member has a thread that runs it.
  void serve(triloop::Connection& connection) {
    join(connection);
    for (const triloop::Message& message : connection) tell_all(message);
    leave(connection);
  }

  // How many times a member has missed what was said.
  std::uint64_t missed() const {
    const triloop::MutexLock lock(mutex_);
    return missed_;
  }

 private:
  void join(triloop::Connection& connection) {
    const triloop::MutexLock lock(mutex_);
    members_[connection.id()] = connection.handle();
  }

  void leave(const triloop::Connection& connection) {
    const triloop::MutexLock lock(mutex_);
    members_.erase(connection.id());
  }

  // Under the lock, so that all hear everything in the same order; which is why nothing in here may
  // wait.
  void tell_all(const triloop::Message& message) {
    const triloop::MutexLock lock(mutex_);
    for (const auto& [id, member] : members_) {
      triloop::Message copy = message;  // one that is queued is moved from
      if (member.try_write(copy) == triloop::WriteResult::kTimeout) ++missed_;
    }
  }

  mutable triloop::Mutex mutex_;
  std::map<std::uint64_t, triloop::ConnectionHandle> members_ TRILOOP_GUARDED_BY(mutex_);
  std::uint64_t missed_ TRILOOP_GUARDED_BY(mutex_) = 0;
};
