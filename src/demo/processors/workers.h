/// Threads that work for one connection, beside its processor.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "triloop/connection.h"

namespace triloop {

/// Bytes of jobs that wait, if nothing else is said: as many as a queue of a connection's holds.
constexpr std::size_t kWaitingBytes = std::size_t{4} << 20;

/// What a worker has to do.
struct Job {
  std::function<void()> run;
  std::size_t bytes = 0;  ///< that it holds while it waits
};

template <>
struct BytesOf<Job> {
  std::size_t operator()(const Job& job) const { return job.bytes; }
};

/// A bounded number of threads, and a bounded queue of jobs for them. It lives on the processor's
/// stack: its destructor lets the queued jobs be done, and joins, so that no thread outlives the
/// connection it works for.
///
/// A job that throws ends the connection with 1011, as if the processor itself had thrown. One that
/// takes long should look at Connection::ending(), for the destructor waits for it. That fires
/// also when the processor throws; one that returns of its own accord has to call close() first.
///
/// Thread safety: any thread may push.
class Workers {
 public:
  /// Starts `count` threads; as many jobs may wait for one of them, and `waiting_bytes` of theirs.
  /// `connection` must outlive it.
  Workers(Connection& connection, std::size_t count, std::size_t waiting_bytes = kWaitingBytes);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// `bytes` are what the job holds while it waits. Blocks while there is no room; freed when one
  /// is begun.
  void push(std::function<void()> run, std::size_t bytes = 0);

  /// Never blocks. False if push() would.
  bool try_push(std::function<void()> run, std::size_t bytes = 0);

 private:
  void work();

  Connection& connection_;
  const int exceptions_before_;  // under way when it was made
  BoundedQueue<Job> jobs_;
  std::vector<Thread> threads_;  // last: they end before what they use does
};

}  // namespace triloop
