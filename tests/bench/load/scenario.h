#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "event_loop.h"
#include "histogram.h"
#include "options.h"
#include "peer.h"
#include "traffic.h"

namespace load {

/// One mode of the program: peers of one kind, opened a few at a time, and what is done with them.
class Scenario : public PeerListener {
 public:
  ~Scenario() override = default;
  virtual nlohmann::json run() = 0;

  void on_open(Peer& peer) override;
  void on_joined(Peer&) override {}
  void on_echo(Peer&, Nanoseconds, Nanoseconds) override {}
  void after_echoes(Peer&, std::uint64_t) override {}
  void on_closed(Peer&) override {}

 protected:
  explicit Scenario(const Options& options);

  /// A further peer, with messages of its own. Before open_all() only.
  Peer& add_peer(const Traffic& traffic);
  /// Opens all peers, with a bound on the handshakes at a time. Throws if it takes too long.
  void open_all();
  /// Handles events until it is so. Throws, with what was awaited, if it takes too long.
  void await(const char* what, const std::function<bool()>& is_so);
  void run_for(double seconds);

  const Options options_;
  const Traffic traffic_;
  EventLoop loop_;
  std::vector<std::unique_ptr<Peer>> peers_;  // the ordinary ones first

 private:
  std::size_t begun_ = 0;
  std::size_t open_ = 0;
};

/// What ordinary peers send.
TrafficOptions traffic_of(const Options& options);
nlohmann::json latency_report(const Histogram& latency);

/// The mode that the options name.
std::unique_ptr<Scenario> make_scenario(const Options& options);
std::unique_ptr<Scenario> make_echo(const Options& options);
std::unique_ptr<Scenario> make_broadcast(const Options& options);
std::unique_ptr<Scenario> make_churn(const Options& options);
std::unique_ptr<Scenario> make_idle(const Options& options);

}  // namespace load
