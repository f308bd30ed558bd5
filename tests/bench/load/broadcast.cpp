// A room: what one says all hear, also who said it.

#include "echo.h"

namespace load {
namespace {

/// The first peer speaks. A message is in flight until all have heard it: so there is no backlog,
/// which would be in one server's queues and in another's sockets.
class Broadcast : public Echo {
 public:
  explicit Broadcast(const Options& options)
      : Echo(options), waiting_for_(options.in_flight), said_at_(options.in_flight) {}

  void on_joined(Peer&) override { ++joined_; }

  void on_echo(Peer& peer, Nanoseconds /*sent*/, Nanoseconds received) override {
    const std::size_t slot = (peer.echoed() - 1) % options_.in_flight;
    if (--waiting_for_[slot] > 0) return;
    record(said_at_[slot], received);
    ++heard_by_all_;
  }
  void after_echoes(Peer& /*peer*/, std::uint64_t /*echoes*/) override {
    const std::uint64_t count = heard_by_all_ - answered_;
    if (count == 0 || !is_sending()) return;
    answered_ = heard_by_all_;
    say(count);
  }

 protected:
  void begin() override {
    await("all have joined", [this] { return joined_ == peers_.size(); });
    say(options_.in_flight);
  }
  bool is_all_answered() const override { return heard_by_all_ == said_; }

 private:
  void say(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i, ++said_) {
      waiting_for_[said_ % options_.in_flight] = peers_.size();
      said_at_[said_ % options_.in_flight] = now();
    }
    peers_.front()->post(count);
  }

  std::size_t joined_ = 0;
  std::uint64_t said_ = 0, heard_by_all_ = 0, answered_ = 0;
  // Of each message in flight, by its number: rings.
  std::vector<std::size_t> waiting_for_;  // so many peers
  std::vector<Nanoseconds> said_at_;
};

}  // namespace

std::unique_ptr<Scenario> make_broadcast(const Options& options) {
  return std::make_unique<Broadcast>(options);
}

}  // namespace load
