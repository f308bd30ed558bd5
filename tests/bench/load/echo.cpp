#include "echo.h"

#include <algorithm>

namespace load {
namespace {

constexpr std::size_t kStalledBytes = 64 << 10;
constexpr std::size_t kFloodBytes = 64;
constexpr std::size_t kFloodInFlight = 1000;

TrafficOptions binary(const Options& options, std::size_t bytes, std::size_t in_flight) {
  TrafficOptions traffic = traffic_of(options);
  traffic.text = false;
  traffic.payload_bytes = bytes;
  traffic.in_flight = in_flight;
  return traffic;
}

}  // namespace

Echo::Echo(const Options& options)
    : Scenario(options),
      stalled_traffic_(binary(options, kStalledBytes, 1)),
      flood_traffic_(binary(options, kFloodBytes, kFloodInFlight)) {
  if (options.mode == "stalled") stalled_ = &add_peer(stalled_traffic_);
  if (options.mode == "flood") flooding_ = &add_peer(flood_traffic_);
}

void Echo::on_echo(Peer& peer, Nanoseconds sent, Nanoseconds received) {
  if (&peer != flooding_) record(sent, received);
}

void Echo::after_echoes(Peer& peer, std::uint64_t echoes) {
  if (!is_sending_) return;
  if (!options_.in_bunches) {
    peer.post(echoes);
  } else if (peer.unanswered() == 0) {
    peer.post(options_.in_flight);
  }
}

void Echo::begin() {
  if (stalled_ != nullptr) stalled_->flood_unread();
  for (const auto& peer : peers_) {
    if (peer.get() != stalled_)
      peer->post(peer.get() == flooding_ ? kFloodInFlight : options_.in_flight);
  }
}

bool Echo::is_all_answered() const {
  return std::all_of(peers_.begin(), peers_.end(), [this](const auto& peer) {
    return peer.get() == stalled_ || peer->unanswered() == 0;
  });
}

Echo::Sample Echo::sample() const {
  Sample sample;
  for (const auto& peer : peers_) sample.echoed.push_back(peer->echoed());
  sample.own_cpu_seconds = own_cpu_seconds();
  sample.server = usage_of(options_.server_pids);
  sample.time = now();
  return sample;
}

nlohmann::json Echo::run() {
  const std::vector<int>& pids = options_.server_pids;
  open_all();
  const Nanoseconds began = now();
  begin();
  run_for(options_.warmup_seconds);

  // With thousands of threads this takes a while, so it stays outside of the window; switches are
  // set against the messages between the two looks, not against those of the window.
  const SwitchesByThread switches_before = switches_of(pids);
  const Sample before = sample();
  window_begin_ = before.time;
  run_for(options_.seconds);
  const Sample after = sample();

  is_sending_ = false;
  await("all messages were answered", [this] { return is_all_answered(); });
  nlohmann::json json = report(before, after);
  if (!pids.empty()) {
    const auto switches = static_cast<double>(switches_between(switches_before, switches_of(pids)));
    const auto messages = static_cast<double>(sample().total() - before.total());
    json["server"]["context_switches_per_message"] = messages > 0 ? switches / messages : 0;
  }
  if (stalled_ended_at_ != 0) {
    json["stalled_ended_after_seconds"] =
        static_cast<double>(stalled_ended_at_ - began) / static_cast<double>(kSecond);
  }
  return json;
}

nlohmann::json Echo::report(const Sample& before, const Sample& after) const {
  std::uint64_t messages = 0, all = 0;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max(), most = 0;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const std::uint64_t count = after.echoed[i] - before.echoed[i];
    all += count;
    if (!is_ordinary(*peers_[i])) continue;
    messages += count;
    least = std::min(least, count);
    most = std::max(most, count);
  }
  const double seconds =
      static_cast<double>(after.time - before.time) / static_cast<double>(kSecond);
  const double rate = static_cast<double>(messages) / seconds;
  nlohmann::json json = {
      {"window_seconds", seconds},
      {"messages", messages},
      {"messages_per_second", rate},
      {"payload_bytes_per_second", rate * static_cast<double>(options_.bytes)},
      {"least_messages_of_a_connection", least},
      {"most_messages_of_a_connection", most},
      {"latency_us", latency_report(latency_)},
      {"load_cpu_percent", 100 * (after.own_cpu_seconds - before.own_cpu_seconds) / seconds}};
  if (flooding_ != nullptr) {
    json["flood_messages_per_second"] = static_cast<double>(all - messages) / seconds;
  }
  if (options_.server_pids.empty()) return json;
  const double cpu = after.server.cpu_seconds - before.server.cpu_seconds;
  const auto faults = static_cast<double>(after.server.page_faults - before.server.page_faults);
  const double per_message = all > 0 ? 1 / static_cast<double>(all) : 0;
  json["server"] = {{"cpu_seconds", cpu},
                    {"cpu_us_per_message", cpu * 1e6 * per_message},
                    {"page_faults_per_message", faults * per_message},
                    {"resident_bytes", after.server.resident_bytes},
                    {"threads", after.server.threads}};
  return json;
}

std::unique_ptr<Scenario> make_echo(const Options& options) {
  return std::make_unique<Echo>(options);
}

}  // namespace load
