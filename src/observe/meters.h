/// What the threads of a connection leave behind for whoever looks on.
#pragma once

#include <chrono>
#include <cstdint>

#include "triloop/sync.h"

namespace triloop {

/// How long a thread has been at something, and whether it is now.
///
/// Thread safety: start() and stop() belong to that thread; any may look.
class Stopwatch {
 public:
  /// Runs it for a scope.
  class Running {
   public:
    explicit Running(Stopwatch& watch) : watch_(watch) { watch_.start(); }
    ~Running() { watch_.stop(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Stopwatch& watch_;
  };

  void start() { since_.set(now()); }
  void stop() {
    const std::int64_t since = since_.get();
    since_.set(kStopped);
    total_.add(now() - since);
  }

  bool runs() const { return since_.get() != kStopped; }
  std::chrono::nanoseconds total() const {
    const std::int64_t since = since_.get();
    return std::chrono::nanoseconds(total_.get() + (since == kStopped ? 0 : now() - since));
  }

 private:
  static constexpr std::int64_t kStopped = 0;
  static std::int64_t now() {
    return std::chrono::nanoseconds(GaugeClock::now().time_since_epoch()).count();
  }

  Gauge<std::int64_t> since_;
  Gauge<std::int64_t> total_;
};

/// What one of a connection's threads says about itself.
struct ThreadMeter {
  Stopwatch life;       ///< while its loop runs
  Stopwatch socket;     ///< while it receives, or sends
  Gauge<int> ended_as;  ///< the place in which it ended: 1, 2, 3

  /// From the beginning of the loop to its end. `ended` counts the threads that have.
  class Presence {
   public:
    Presence(ThreadMeter& meter, Gauge<int>& ended) : meter_(meter), ended_(ended) {
      meter_.life.start();
    }
    ~Presence() {
      meter_.life.stop();
      meter_.ended_as.set(ended_.add(1));
    }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    ThreadMeter& meter_;
    Gauge<int>& ended_;
  };
};

/// Messages, and the bytes in them. One thread counts, any may look.
struct Traffic {
  Gauge<std::uint64_t> messages;
  Gauge<std::uint64_t> bytes;
};

/// Those of one connection.
struct Meters {
  explicit Meters(TimePoint since) : accepted_at(since) {}

  const TimePoint accepted_at;
  ThreadMeter reader, processor, writer;
  Stopwatch goodbye;  // the writer waits for the peer after its Close frame
  Gauge<int> threads_ended;
};

}  // namespace triloop
