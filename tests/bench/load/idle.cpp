// Many connections that do nothing: what they cost, and whether all of them still answer.

#include "process_stats.h"
#include "scenario.h"

namespace load {
namespace {

class Idle : public Scenario {
 public:
  explicit Idle(const Options& options) : Scenario(options) {}

  nlohmann::json run() override;
  void on_echo(Peer&, Nanoseconds sent, Nanoseconds received) override {
    if (is_last_) latency_.record(received - sent);
  }

 private:
  // What each connection added; a machine with other things to do may also have freed some.
  double per_connection(std::uint64_t less, std::uint64_t more) const {
    return (static_cast<double>(more) - static_cast<double>(less)) /
           static_cast<double>(options_.connections);
  }

  // One message for each, and an answer to it.
  void talk() {
    for (const auto& peer : peers_) peer->post(1);
    await("all connections answered", [this] {
      for (const auto& peer : peers_) {
        if (peer->unanswered() > 0) return false;
      }
      return true;
    });
  }

  bool is_last_ = false;
  Histogram latency_;
};

nlohmann::json Idle::run() {
  const std::vector<int>& pids = options_.server_pids;
  const ProcessUsage empty = usage_of(pids);
  const std::uint64_t available_before = available_system_bytes();
  Nanoseconds since = now();
  open_all();
  const double opening = static_cast<double>(now() - since) / static_cast<double>(kSecond);
  if (options_.first_echo) talk();
  run_for(options_.warmup_seconds);

  const ProcessUsage before = usage_of(pids);
  since = now();
  run_for(options_.seconds);
  const double seconds = static_cast<double>(now() - since) / static_cast<double>(kSecond);
  const ProcessUsage after = usage_of(pids);
  const std::uint64_t available_after = available_system_bytes();

  since = now();
  is_last_ = true;
  talk();
  const double answered = static_cast<double>(now() - since) / static_cast<double>(kSecond);

  nlohmann::json json = {
      {"window_seconds", seconds},
      {"connections", options_.connections},
      {"opened_in_seconds", opening},
      {"all_answered_in_seconds", answered},
      {"latency_us", latency_report(latency_)},
      {"system_bytes_per_connection", per_connection(available_after, available_before)}};
  if (pids.empty()) return json;
  const double cpu = after.cpu_seconds - before.cpu_seconds;
  json["server"] = {
      {"cpu_seconds", cpu},
      {"cpu_percent", 100 * cpu / seconds},
      {"resident_bytes", after.resident_bytes},
      {"resident_bytes_per_connection", per_connection(empty.resident_bytes, after.resident_bytes)},
      {"threads", after.threads}};
  return json;
}

}  // namespace

std::unique_ptr<Scenario> make_idle(const Options& options) {
  return std::make_unique<Idle>(options);
}

}  // namespace load
