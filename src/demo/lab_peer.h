/// Peers of the lab that misbehave, and that the server itself starts.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "demo/processors/upstream.h"
#include "triloop/sync.h"

namespace triloop {

/// A few of them at a time, each a WebSocket client on a thread of its own that connects to the
/// server's own port; two minutes at most.
///
/// Thread safety: any thread may call start(). Whoever destroys it waits for the threads, of which
/// each has seen that within a moment.
class LabPeers {
 public:
  enum class Kind {
    kStopsReading,  ///< sends as much as is taken, and reads nothing
    kVanishes,      ///< says nothing, and answers nothing
  };
  /// Does the connection of that tab still go on?
  using GoesOn = std::function<bool(const std::string& tab)>;

  /// How many there are at a time.
  static constexpr std::size_t kMost = 4;

  LabPeers(UpstreamAddress server, GoesOn goes_on);
  ~LabPeers();

  /// Connects one to /lab with that tab, and lets it run. Blocks until its processor is there, two
  /// seconds at most for each of connecting, the upgrade and that; the upgrade's are not cut short
  /// by `ending`. Why there is none, or empty.
  std::string start(Kind kind, const std::string& tab, const Latch& ending)
      TRILOOP_EXCLUDES(mutex_);

 private:
  struct Slot {
    bool taken = false;  // guarded by mutex_; the thread belongs to whoever has taken it
    Thread thread;
  };

  Slot* take() TRILOOP_EXCLUDES(mutex_);
  void give_back(Slot& slot) TRILOOP_EXCLUDES(mutex_);
  UpstreamSocket connect(const std::string& tab, const Latch& ending) const;
  bool await_processor(const std::string& tab, const Latch& ending) const;
  void run(Kind kind, const std::string& tab, UpstreamSocket& socket) const;

  const UpstreamAddress server_;
  const GoesOn goes_on_;
  Atomic<bool> stopping_{false};  // asked by the peers between two waits: it guards nothing
  Mutex mutex_;
  std::array<Slot, kMost> slots_;
};

}  // namespace triloop
