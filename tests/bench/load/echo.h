#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "process_stats.h"
#include "scenario.h"

namespace load {

/// Messages in flight on every connection, alone or beside a peer that misbehaves, and a window in
/// which they are measured.
class Echo : public Scenario {
 public:
  explicit Echo(const Options& options);

  nlohmann::json run() override;
  void on_echo(Peer& peer, Nanoseconds sent, Nanoseconds received) override;
  void after_echoes(Peer& peer, std::uint64_t echoes) override;
  void on_closed(Peer&) override { stalled_ended_at_ = now(); }

 protected:
  virtual void begin();
  virtual bool is_all_answered() const;

  /// Of a message that was sent then: what was sent before the window may have waited while /proc
  /// was read.
  void record(Nanoseconds sent, Nanoseconds received) {
    if (sent >= window_begin_) latency_.record(received - sent);
  }
  bool is_sending() const { return is_sending_; }

 private:
  // What is read at both ends of the measured window.
  struct Sample {
    Nanoseconds time = 0;
    double own_cpu_seconds = 0;
    ProcessUsage server;
    std::vector<std::uint64_t> echoed;  // by each peer

    std::uint64_t total() const {
      std::uint64_t sum = 0;
      for (const std::uint64_t count : echoed) sum += count;
      return sum;
    }
  };

  bool is_ordinary(const Peer& peer) const { return &peer != stalled_ && &peer != flooding_; }
  Sample sample() const;
  nlohmann::json report(const Sample& before, const Sample& after) const;

  const Traffic stalled_traffic_;
  const Traffic flood_traffic_;
  Peer* stalled_ = nullptr;
  Peer* flooding_ = nullptr;
  bool is_sending_ = true;
  Nanoseconds window_begin_ = std::numeric_limits<Nanoseconds>::max();
  Nanoseconds stalled_ended_at_ = 0;
  Histogram latency_;
};

}  // namespace load
