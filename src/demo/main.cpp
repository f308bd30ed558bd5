// The demo: an echo server with a page to try it.
#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "demo/about.h"
#include "demo/command_line.h"
#include "demo/dial.h"
#include "demo/health.h"
#include "demo/inspect.h"
#include "demo/lab.h"
#include "demo/output.h"
#include "demo/processors/choose.h"
#include "demo/service_manager.h"
#include "demo/web_page.h"
#include "observe/trace.h"
#include "triloop/server.h"

namespace {

constexpr int kCannotServe = 1;
constexpr int kBadOption = 2;
constexpr int kStuck = 3;

// SIGINT and SIGTERM stop the server while this lives. A thread of its own waits for them, so that
// no other code is interrupted by a handler. The first signal drains, after a while in which what
// stands in front can see that it will; the second drains at once, and what is draining it aborts:
// Server::stop() counts. With TLS a third, SIGHUP, makes the server read its certificates again;
// without, it ends the program, as a terminal that is closed should.
class StopOnSignals {
 public:
  // Before any other thread is started: they inherit that these signals wait for this one. Who
  // ignored SIGHUP for us, as nohup does, meant the terminal's.
  static void block(bool speaks_tls) {
    if (speaks_tls) std::signal(SIGHUP, SIG_DFL);
    const sigset_t signals = all(speaks_tls);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }

  // Has one come before this lives?
  static bool is_wanted() {
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGINT) > 0 || ::sigismember(&pending, SIGTERM) > 0;
  }

  StopOnSignals(triloop::Server& server, triloop::Atomic<bool>& draining,
                std::chrono::milliseconds delay, bool speaks_tls)
      : signals_(all(speaks_tls)),
        thread_("signals", [this, &server, &draining, delay] { run(server, draining, delay); }) {}
  ~StopOnSignals() {
    done_ = true;
    ::kill(::getpid(), SIGTERM);  // wakes the thread, which is the only one to take it
  }
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

 private:
  void run(triloop::Server& server, triloop::Atomic<bool>& draining,
           std::chrono::milliseconds delay) const {
    int signal = 0;
    while (::sigwait(&signals_, &signal) == 0 && !done_) {
      if (signal == SIGHUP) {
        server.reload_tls();
        continue;
      }
      const bool first = !draining.exchange(true);
      triloop::notify_service_manager("STOPPING=1");
      if (first && delay.count() > 0) await_another(delay);
      if (done_) return;
      server.stop();
    }
  }

  // For so long at most.
  static void await_another(std::chrono::milliseconds time) {
    const sigset_t signals = all(/*speaks_tls=*/false);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const auto rest = std::chrono::nanoseconds(time - seconds);
    const timespec timeout{seconds.count(), rest.count()};
    ::sigtimedwait(&signals, nullptr, &timeout);
  }

  static sigset_t all(bool speaks_tls) {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    if (speaks_tls) ::sigaddset(&signals, SIGHUP);
    return signals;
  }

  const sigset_t signals_;
  triloop::Atomic<bool> done_{false};  // set before the signal that makes the thread look
  triloop::Thread thread_;             // last: it ends before what it uses does
};

// The log.
class StandardError : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    triloop::write_or_drop(STDERR_FILENO, {line.data(), line.size()});
  }
  void flush_() override {}
};

void log_to_standard_error(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("triloop", std::make_shared<StandardError>());
  logger->set_pattern("%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

// Who closes one of the three, as `2>&-` does, must not find the log in the next file that is
// opened: that would have its number.
void keep_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // takes the lowest number
  }
}

// Where a browser on this machine finds the page; empty if it does not, as with a Unix socket.
std::string page_url(const triloop::Server& server) {
  std::string first = server.url();
  if (first.rfind("http", 0) != 0) return "";
  const std::string scheme = first.substr(0, first.find("//") + 2);
  for (const std::string every : {"0.0.0.0:", "[::]:"}) {
    if (first.rfind(scheme + every, 0) == 0)
      return scheme + "localhost:" + std::to_string(server.port()) + "/";
  }
  return first;
}

int serve(const triloop::CommandLine& line) {
  const bool speaks_tls = !line.server.tls.certificates.empty();
  StopOnSignals::block(speaks_tls);
  const triloop::trace::Recording trace(line.trace_file);
  triloop::Atomic<bool> draining{false};  // looked at by pages: nothing else hangs on it
  triloop::Server server(line.server);
  triloop::ProcessorChoice processor = line.processor;
  processor.print = !line.quiet;
  processor.engine.stop_waiting = &StopOnSignals::is_wanted;
  const auto reaches_engine = triloop::serve_processor(server, processor, line.server);
  triloop::serve_health(server, [&, needs_it = line.ready_needs_engine]() -> std::string {
    if (draining) return "it goes";
    return needs_it && !reaches_engine() ? "the engine cannot be reached" : "";
  });
  triloop::serve_lab(server, line.server);
  server.label_connections("tab");  // a page knows its own by it
  triloop::serve_inspect(server, line.inspect);
  triloop::serve_about(server, {processor.name, line.inspect, !line.scheduler.program.empty()},
                       line.server);
  triloop::serve_scheduler(server, line.scheduler, line.server);
  triloop::serve_web_page(server, line.web_directory);
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored no child can be waited for
  std::signal(SIGPIPE, SIG_IGN);  // standard output may be a pipe that somebody closes
  const StopOnSignals stop_on_signals(server, draining, line.drain_delay, speaks_tls);
  for (const std::string& url : server.urls()) std::cout << "listening on " << url << "\n";
  const std::string page = page_url(server);
  if (!page.empty()) std::cout << "open " << page << " in a browser\n";
  std::cout << std::flush;
  // Who takes over is another process than the one that systemd has started.
  const std::string process = "\nMAINPID=" + std::to_string(::getpid());
  triloop::notify_service_manager("READY=1" + (line.server.take_over.empty() ? "" : process));
  const auto stuck = server.run();
  if (stuck.empty()) return EXIT_SUCCESS;
  for (const auto id : stuck) spdlog::error("[{}] the processor did not return", id);
  triloop::trace::write();
  std::_Exit(kStuck);  // its thread goes on, and may log: so nothing may be destroyed under it
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_descriptors();
  int exit_status = EXIT_SUCCESS;
  const bool dials = argc > 1 && std::string_view(argv[1]) == "dial";
  try {
    if (dials) {
      const auto call = triloop::parse_dial(argc, argv, exit_status);
      if (!call) return exit_status;
      log_to_standard_error(call->log_level);
      return triloop::dial(*call);
    }
    const auto line = triloop::parse_command_line(argc, argv, exit_status);
    if (!line) return exit_status;
    log_to_standard_error(line->log_level);
    return serve(*line);
  } catch (
      const std::invalid_argument& error) {  // a server, a processor or a client of these options
    std::cerr << "triloop: " << error.what() << " (see triloop " << (dials ? "dial " : "")
              << "--help)\n";
    return kBadOption;
  } catch (const std::exception& error) {
    std::cerr << "triloop: " << error.what() << "\n";
    return kCannotServe;
  }
}
