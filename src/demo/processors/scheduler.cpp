#include "scheduler.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "triloop/sync.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

constexpr int kServiceUnavailable = 503;  // RFC 7231 section 6.6.4
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::size_t kMostQuestionBytes = std::size_t{64} << 10;
constexpr std::size_t kQuestions = 16;

// How many there are. Any number of threads.
class Visitors {
 public:
  explicit Visitors(std::size_t most) : most_(most) {}

  bool are_all_there() const TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return count_ >= most_;
  }

  // One of them, unless there are as many as may be.
  class Place {
   public:
    explicit Place(Visitors& visitors) : visitors_(visitors), holds_(visitors.enter()) {}
    ~Place() {
      if (holds_) visitors_.leave();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const { return holds_; }

   private:
    Visitors& visitors_;
    const bool holds_;
  };

 private:
  bool enter() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (count_ >= most_) return false;
    ++count_;
    return true;
  }
  void leave() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --count_;
  }

  const std::size_t most_;
  mutable Mutex mutex_;
  std::size_t count_ TRILOOP_GUARDED_BY(mutex_) = 0;
};

void give_up(Connection& connection, const char* why) {
  connection.close(close_code::kTryAgainLater, why);
  spdlog::warn("[{}] scheduler: {}", connection.id(), why);
}

// False if there is nothing more to ask.
bool pass_on(Connection& connection, Child& explorer, const std::string& question,
             std::chrono::seconds timeout) {
  std::string answer;
  switch (explorer.ask(question, answer, Clock::now() + timeout, connection.over())) {
    case Child::Result::kAnswer:
      return connection.write(Message::text(std::move(answer)));
    case Child::Result::kEnded:
      give_up(connection, "the explorer has ended");
      return false;
    case Child::Result::kTooLong:
      give_up(connection, "the explorer says too much");
      return false;
    case Child::Result::kTimeout:
      give_up(connection, "the explorer does not answer");
      return false;
    case Child::Result::kOver:
      return false;
  }
  return false;
}

void converse(Connection& connection, const SchedulerOptions& options) {
  std::optional<Child> explorer;
  try {
    explorer.emplace(options.program, "--play", options.limits);
  } catch (const std::system_error& error) {  // no process or descriptor left
    return give_up(connection, "no explorer can be started");
  }
  for (const Message& message : connection) {
    if (message.type != MessageType::text) {
      return connection.close(kUnsupportedData, "only text");
    }
    if (message.data.find('\n') != std::string::npos) {
      return connection.close(close_code::kPolicyViolation, "a question is one line");
    }
    if (!pass_on(connection, *explorer, message.data, options.answer_timeout)) return;
  }
}

}  // namespace

void serve_scheduler(Server& server, const SchedulerOptions& scheduler, const Options& options) {
  if (scheduler.program.empty()) return;
  if (::access(scheduler.program.c_str(), X_OK) != 0) {
    throw std::invalid_argument("--scheduler: " + printable(scheduler.program) +
                                " is no program that can be run");
  }
  PathOptions mine = options;
  mine.heartbeat = std::chrono::milliseconds(0);  // no JSON
  mine.max_message_bytes = kMostQuestionBytes;
  mine.queue_messages = kQuestions;
  const auto visitors = std::make_shared<Visitors>(scheduler.visitors);
  server.handle(
      "/scheduler",
      [visitors, scheduler](Connection& connection) {
        const Visitors::Place place(*visitors);
        if (!place) return connection.close(close_code::kTryAgainLater, "all explorers are taken");
        converse(connection, scheduler);
      },
      {}, mine);
  server.admit("/scheduler", [visitors](const Request&) {
    if (!visitors->are_all_there()) return let_in();
    Response response;
    response.status = kServiceUnavailable;
    response.body = "503: all explorers are taken; see --scheduler-visitors\n";
    response.headers = {{"Retry-After", "5"}};
    return refuse(std::move(response));
  });
}

}  // namespace triloop
