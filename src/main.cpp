// The demo: an echo server with a page to try it.
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <stdexcept>

#include "command_line.h"
#include "inspect.h"
#include "lab.h"
#include "processors/choose.h"
#include "service_manager.h"
#include "trace.h"
#include "triloop/server.h"
#include "web_page.h"

namespace {

constexpr int kCannotServe = 1;
constexpr int kBadOption = 2;
constexpr int kStuck = 3;

// SIGINT and SIGTERM stop the server while this lives. A thread of its own waits for them, so that
// no other code is interrupted by a handler. The first signal drains, the second aborts:
// Server::stop() counts.
class StopOnSignals {
 public:
  // Before any other thread is started: they inherit that these two signals wait for this one.
  static void block() {
    const sigset_t signals = both();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }

  explicit StopOnSignals(triloop::Server& server)
      : thread_("signals", [this, &server] {
          const sigset_t signals = both();
          int signal = 0;
          while (::sigwait(&signals, &signal) == 0 && !done_) {
            server.stop();
            triloop::notify_service_manager("STOPPING=1");
          }
        }) {}
  ~StopOnSignals() {
    done_ = true;
    ::kill(::getpid(), SIGTERM);  // wakes the thread, which is the only one to take it
  }
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

 private:
  static sigset_t both() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    return signals;
  }

  triloop::Atomic<bool> done_{false};  // set before the signal that makes the thread look
  triloop::Thread thread_;             // last: it ends before what it uses does
};

// Standard error, unless it is a pipe that nobody reads: then lines are dropped, because every
// thread of the server logs and none may wait for that.
class StandardError : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    pollfd request{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&request, 1, 0) <= 0) return;
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    // A pipe that is writable takes PIPE_BUF bytes without waiting, pipe(7).
    const std::size_t size = std::min<std::size_t>(line.size(), PIPE_BUF);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), size);
  }
  void flush_() override {}
};

void log_to_standard_error(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("triloop", std::make_shared<StandardError>());
  logger->set_pattern("%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

// Where a browser on this machine finds the page.
std::string page_url(const triloop::Server& server, const std::string& bind) {
  if (bind != "0.0.0.0" && bind != "::") return server.url();
  return "http://localhost:" + std::to_string(server.port()) + "/";
}

int serve(const triloop::CommandLine& line) {
  StopOnSignals::block();
  const triloop::trace::Recording trace(line.trace_file);
  triloop::Server server(line.server);
  triloop::ProcessorChoice processor = line.processor;
  processor.print = !line.quiet;
  triloop::serve_processor(server, processor, line.server);
  if (processor.name == "chat") triloop::serve_chat_page(server, line.web_directory);
  server.handle("/lab", triloop::lab);
  triloop::serve_inspect(server, line.inspect);
  triloop::serve_web_page(server, line.web_directory);
  std::signal(SIGPIPE, SIG_IGN);  // standard output may be a pipe that somebody closes
  const StopOnSignals stop_on_signals(server);
  std::cout << "listening on " << server.url() << "\n"
            << "open " << page_url(server, line.server.bind) << " in a browser" << std::endl;
  triloop::notify_service_manager("READY=1");
  const auto stuck = server.run();
  if (stuck.empty()) return EXIT_SUCCESS;
  for (const auto id : stuck) spdlog::error("[{}] the processor did not return", id);
  spdlog::shutdown();
  triloop::trace::write();
  std::_Exit(kStuck);  // its thread cannot be joined, so nothing may be destroyed under it
}

}  // namespace

int main(int argc, char** argv) {
  int exit_status = EXIT_SUCCESS;
  const auto line = triloop::parse_command_line(argc, argv, exit_status);
  if (!line) return exit_status;
  log_to_standard_error(line->log_level);
  try {
    return serve(*line);
  } catch (const std::invalid_argument& error) {  // a server, or a processor, of these options
    std::cerr << "triloop: " << error.what() << " (see triloop --help)\n";
    return kBadOption;
  } catch (const std::exception& error) {
    std::cerr << "triloop: " << error.what() << "\n";
    return kCannotServe;
  }
}
