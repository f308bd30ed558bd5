// Exercise 5: long computations, on a helper thread, so that the processor can go on reading. The
// solution.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "triloop/connection.h"

// One step of a computation. It is quick, and cannot be interrupted.
using Step = std::function<void()>;

// The processor. A request says how many steps are to be done ("3"), its answer how many were
// ("3 of 3").
inline void compute(triloop::Connection& connection, const Step& step) {
  triloop::BoundedQueue<std::uint64_t> jobs({/*items=*/2});

  const triloop::Thread helper("helper", [&] {
    while (const auto steps = jobs.pop()) {
      std::uint64_t done = 0;
      for (; done < *steps && !connection.ending().fired(); ++done) step();
      connection.write(
          triloop::Message::text(std::to_string(done) + " of " + std::to_string(*steps)));
    }
  });

  try {
    for (const triloop::Message& request : connection) {
      jobs.push(std::stoull(request.data));  // throws if it is no number
    }
  } catch (...) {
    connection.close(triloop::close_code::kInternalError);  // fires ending(), for the helper
    jobs.close();
    throw;
  }
  jobs.close();
}  // the helper is joined here, by its destructor
