#include "workers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace triloop {
namespace {

constexpr std::size_t kShownBytes = 200;

// A log is read on a terminal, and what an exception says may be a peer's words, which could steer
// it: their beginning, and of that only visible ASCII.
std::string harmless(std::string_view text) {
  std::string shown(text.substr(0, kShownBytes));
  const auto is_not_visible = [](char c) { return c < ' ' || c > '~'; };
  std::replace_if(shown.begin(), shown.end(), is_not_visible, '?');
  return shown;
}

// Without memory for the line there is none.
void log_throw(std::uint64_t id, const char* what) noexcept {
  try {
    spdlog::error("[{}] a worker threw: {}", id, harmless(what));
  } catch (...) {
  }
}

}  // namespace

Workers::Workers(Connection& connection, std::size_t count, std::size_t waiting_bytes)
    : connection_(connection),
      exceptions_before_(std::uncaught_exceptions()),
      jobs_({count, waiting_bytes}) {
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
      log_throw(connection_.id(), error.what());
      connection_.close(close_code::kInternalError);
    } catch (...) {
      log_throw(connection_.id(), "something that is no std::exception");
      connection_.close(close_code::kInternalError);
    }
  }
}

}  // namespace triloop
