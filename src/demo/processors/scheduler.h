/// You are the scheduler: an explorer for each visitor of the page /play.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "child.h"
#include "triloop/server.h"

namespace triloop {

struct SchedulerOptions {
  std::string program;                     ///< the explorer; empty: there is no /scheduler
  std::size_t visitors = 8;                ///< at a time; the next gets 503
  std::chrono::seconds answer_timeout{2};  ///< for one answer of it
  Child::Limits limits{};                  ///< of each explorer
};

/// Gives /scheduler to processors that start the program with `--play`, one for each connection,
/// pass it each text message as a line, and send back each line that it answers. It lives as long
/// as its connection. Before run().
void serve_scheduler(Server& server, const SchedulerOptions& scheduler, const Options& options);

}  // namespace triloop
