/// Several requests of one connection at once, on a bounded number of threads.
#pragma once

#include <cstddef>
#include <functional>

#include "triloop/connection.h"
#include "workers.h"

namespace triloop {

struct ParallelOptions {
  /// Threads for each connection, and so requests of it that are worked on at once.
  std::size_t workers = 4;
  /// Requests worked on at once in all connections together.
  std::size_t all_workers = 64;
  /// Send the replies in the order of the requests. Otherwise each goes when it is ready.
  bool in_order = false;
  /// Bytes of the requests that wait for a worker: as many as there are threads, and no more bytes.
  std::size_t waiting_bytes = kWaitingBytes;
};

/// The work: makes the reply to a request. Many threads call it at once.
using Answer = std::function<Message(Connection&, Message)>;

/// `work 20ms hello` takes 20 ms, anything else no time. The reply is the request itself.
Message pretend_to_work(Connection& connection, Message request);

/// Gives each request to one of the connection's workers.
Processor parallel(const ParallelOptions& options, const Answer& answer = pretend_to_work);

}  // namespace triloop
