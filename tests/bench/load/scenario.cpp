#include "scenario.h"

#include <stdexcept>
#include <string>

namespace load {
namespace {

constexpr std::size_t kMostHandshakes = 64;
constexpr double kPatienceSeconds = 60;  // a fail-safe: a server that answers needs far less

Nanoseconds duration(double seconds) {
  return static_cast<Nanoseconds>(seconds * static_cast<double>(kSecond));
}

}  // namespace

TrafficOptions traffic_of(const Options& options) {
  TrafficOptions traffic;
  traffic.framing = options.raw ? Framing::kLengthPrefix : Framing::kWebSocket;
  traffic.text = options.text && !options.raw;
  traffic.by_message = options.by_message;
  traffic.compressed = options.compress;
  traffic.tls = options.tls;
  traffic.payload = options.payload;
  traffic.payload_bytes = options.bytes;
  traffic.in_flight = options.in_flight;
  traffic.send_bytes = options.send_bytes;
  return traffic;
}

Scenario::Scenario(const Options& options)
    : options_(options),
      traffic_(traffic_of(options)),
      loop_(options.receive_bytes, options.socket_buffer) {
  for (std::size_t i = 0; i < options.connections; ++i) add_peer(traffic_);
}

Peer& Scenario::add_peer(const Traffic& traffic) {
  // Peers begin at different messages, so that an echo that went to another peer is noticed. In a
  // room all hear the same.
  const bool room = options_.mode == "broadcast";
  peers_.push_back(std::make_unique<Peer>(loop_, traffic, *this, room ? 0 : peers_.size(),
                                          room ? Hears::kTheRoom : Hears::kItself));
  return *peers_.back();
}

void Scenario::open_all() {
  while (begun_ < peers_.size() && begun_ < kMostHandshakes) {
    peers_[begun_++]->connect(options_.port);
  }
  await("all connections are open", [this] { return open_ == peers_.size(); });
}

void Scenario::on_open(Peer&) {
  ++open_;
  if (begun_ < peers_.size()) peers_[begun_++]->connect(options_.port);
}

void Scenario::await(const char* what, const std::function<bool()>& is_so) {
  if (!loop_.run_until(now() + duration(kPatienceSeconds), is_so)) {
    throw std::runtime_error(std::string("waited in vain until ") + what);
  }
}

void Scenario::run_for(double seconds) { loop_.run_until(now() + duration(seconds)); }

nlohmann::json latency_report(const Histogram& latency) {
  return {{"messages", latency.count()},           {"p50", latency.percentile_us(0.5)},
          {"p90", latency.percentile_us(0.9)},     {"p99", latency.percentile_us(0.99)},
          {"p99_9", latency.percentile_us(0.999)}, {"max", latency.max_us()}};
}

std::unique_ptr<Scenario> make_scenario(const Options& options) {
  if (options.mode == "broadcast") return make_broadcast(options);
  if (options.mode == "churn") return make_churn(options);
  if (options.mode == "idle") return make_idle(options);
  return make_echo(options);
}

}  // namespace load
