/// Threads that work for one connection, beside its processor.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "triloop/connection.h"

namespace triloop {

/// A bounded number of threads, and a bounded queue of jobs for them. It lives on the processor's
/// stack: its destructor lets the queued jobs be done, and joins, so that no thread outlives the
/// connection it works for.
///
/// A job that throws ends the connection with 1011, as if the processor itself had thrown. One that
/// takes long should look at Connection::closing(), for the destructor waits for it; that fires
/// also when the processor throws.
///
/// Thread safety: any thread may push.
class Workers {
 public:
  using Job = std::function<void()>;

  /// Starts `count` threads; as many jobs may wait for one of them. `connection` must outlive it.
  Workers(Connection& connection, std::size_t count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Blocks while as many jobs wait as there are threads; freed when one is begun.
  void push(Job job);

  /// Never blocks. False if push() would.
  bool try_push(Job job);

 private:
  void work();

  Connection& connection_;
  const int exceptions_before_;  // under way when it was made
  BoundedQueue<Job> jobs_;
  std::vector<Thread> threads_;  // last: they end before what they use does
};

}  // namespace triloop
