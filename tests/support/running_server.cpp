#include "running_server.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>

#include "stream.h"
#include "threads.h"

namespace triloop::testing {

Options quiet_options() {
  Options options;
  options.bind = {"127.0.0.1"};
  options.port = 0;
  options.tls = tls_of_this_run();
  options.heartbeat = std::chrono::milliseconds(0);
  options.ping_interval = std::chrono::milliseconds(0);
  options.spare_threads = 0;  // so that tests can count threads
  return options;
}

void say_who(Connection& connection) {
  connection.write(
      Message::text(connection.peer_address() + " by " + connection.request().passed_on_by));
}

void read_to_the_end(Connection& connection) {
  while (connection.read()) {
  }
}

std::string url_of(std::uint16_t port) { return "ws://127.0.0.1:" + std::to_string(port) + "/ws"; }

void plain_echo(Connection& connection) {
  for (Message& message : connection) {
    if (!connection.write(std::move(message))) return;
  }
}

RunningServer::RunningServer(Processor processor, const Options& options) : server_(options) {
  server_.handle("/ws", std::move(processor));
  server_.page("/", [](const Request&) { return Response{"text/html", "<p>page</p>"}; });
  thread_ = Thread("accept", [this] { stuck_ = server_.run(); });
}

RunningServer::~RunningServer() { stop(); }

std::vector<std::uint64_t> RunningServer::stop() {
  server_.stop();
  thread_.join();
  return stuck_;
}

struct LogCapture::Sink : spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    text.append(message.payload.data(), message.payload.size()).push_back('\n');
  }
  void flush_() override {}
  std::string copy() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text;
  }
  std::string text;
};

LogCapture::LogCapture() : sink_(std::make_shared<Sink>()) {
  auto logger = std::make_shared<spdlog::logger>("captured", sink_);
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

LogCapture::~LogCapture() {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("quiet", std::make_shared<spdlog::sinks::null_sink_mt>()));
}

std::string LogCapture::text() const { return sink_->copy(); }

void LogCapture::await(const std::string& part) const {
  testing::await("in the log: " + part, [&] { return text().find(part) != std::string::npos; });
}

}  // namespace triloop::testing
