// Connect, one echo, close as RFC 6455 has it, and again.

#include <unordered_map>

#include "process_stats.h"
#include "scenario.h"

namespace load {
namespace {

class Churn : public Scenario {
 public:
  explicit Churn(const Options& options) : Scenario(options) {}

  nlohmann::json run() override;
  void on_open(Peer& peer) override { peer.post(1); }
  void on_echo(Peer& peer, Nanoseconds, Nanoseconds) override { peer.begin_drain(); }
  void on_closed(Peer& peer) override {
    const Nanoseconds time = now();
    if (is_counting_) whole_.record(time - begun_at_[&peer]);
    if (is_running_) begin(peer);
  }

 private:
  void begin(Peer& peer) {
    begun_at_[&peer] = now();
    peer.connect(options_.port);
  }

  std::unordered_map<const Peer*, Nanoseconds> begun_at_;
  bool is_running_ = true;
  bool is_counting_ = false;
  Histogram whole_;  // from connect to the end of the stream
};

nlohmann::json Churn::run() {
  const std::vector<int>& pids = options_.server_pids;
  for (const auto& peer : peers_) begin(*peer);
  run_for(options_.warmup_seconds);
  const ProcessUsage before = usage_of(pids);
  const Nanoseconds since = now();
  is_counting_ = true;
  run_for(options_.seconds);
  is_counting_ = false;
  const double seconds = static_cast<double>(now() - since) / static_cast<double>(kSecond);
  const ProcessUsage after = usage_of(pids);
  is_running_ = false;
  await("all connections are closed", [this] {
    for (const auto& peer : peers_) {
      if (!peer->is_closed()) return false;
    }
    return true;
  });

  const auto connections = static_cast<double>(whole_.count());
  nlohmann::json json = {{"window_seconds", seconds},
                         {"connections", whole_.count()},
                         {"connections_per_second", connections / seconds},
                         {"latency_us", latency_report(whole_)}};
  if (pids.empty()) return json;
  const double cpu = after.cpu_seconds - before.cpu_seconds;
  const auto faults = static_cast<double>(after.page_faults - before.page_faults);
  const double per_connection = connections > 0 ? 1 / connections : 0;
  json["server"] = {{"cpu_seconds", cpu},
                    {"cpu_us_per_connection", cpu * 1e6 * per_connection},
                    {"page_faults_per_connection", faults * per_connection},
                    {"resident_bytes", after.resident_bytes},
                    {"threads", after.threads}};
  return json;
}

}  // namespace

std::unique_ptr<Scenario> make_churn(const Options& options) {
  return std::make_unique<Churn>(options);
}

}  // namespace load
