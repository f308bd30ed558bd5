#include "workers.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <utility>

#include "websocket/printable.h"

namespace triloop {

Workers::Workers(Connection& connection, std::size_t count)
    : connection_(connection),
      exceptions_before_(std::uncaught_exceptions()),
      jobs_({count, connection.snapshot().in_queue.bounds.bytes}) {
  try {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back("work-" + std::to_string(connection.id()), [this] { work(); });
    }
  } catch (...) {  // no thread left: those that have started are joined all the same
    jobs_.close();
    throw;
  }
}

// Then threads_ are joined. If the processor throws, nobody else has told the jobs that an ending
// begins: the connection learns of it when the exception has left the processor, and that waits for
// them.
Workers::~Workers() {
  if (std::uncaught_exceptions() > exceptions_before_) {
    connection_.close(close_code::kInternalError);
  }
  jobs_.close();
}

void Workers::push(std::function<void()> run, std::size_t bytes) {
  jobs_.push({std::move(run), bytes});
}

bool Workers::try_push(std::function<void()> run, std::size_t bytes) {
  Job job{std::move(run), bytes};
  return jobs_.push_until(job, kNow) == PushResult::kPushed;
}

// The top of a worker thread. Blocks in pop(), freed by a job or by the destructor, and wherever
// the job does.
void Workers::work() {
  while (auto job = jobs_.pop()) {
    try {
      job->run();
    } catch (const std::exception& error) {
      spdlog::error("[{}] a worker threw: {}", connection_.id(), printable(error.what()));
      connection_.close(close_code::kInternalError);
    } catch (...) {
      spdlog::error("[{}] a worker threw something that is no std::exception", connection_.id());
      connection_.close(close_code::kInternalError);
    }
  }
}

}  // namespace triloop
