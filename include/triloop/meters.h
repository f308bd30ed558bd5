/// What the threads leave behind for whoever looks on: how long each has waited, and for what.
#pragma once

#include <chrono>
#include <cstdint>

#include "triloop/sync.h"

namespace triloop {

/// How many threads wait for something, and how long all of them together have.
///
/// Thread safety: none; it stands under the lock of what is waited for.
class WaitMeter {
 public:
  void begin() {
    pass_time();
    ++waiting_;
  }
  void end() {
    pass_time();
    --waiting_;
  }

  int waiting() const { return waiting_; }
  std::chrono::nanoseconds waited() const {
    return waited_ + waiting_ * (GaugeClock::now() - last_);
  }

 private:
  void pass_time() {
    const TimePoint now = GaugeClock::now();
    waited_ += waiting_ * (now - last_);
    last_ = now;
  }

  int waiting_ = 0;
  std::chrono::nanoseconds waited_{0};
  TimePoint last_{};  // when either of them was changed
};

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
  Stopwatch life;    ///< while its loop runs
  Stopwatch socket;  ///< while it receives, or sends
  Gauge<int> left;   ///< the place in which it ended: 1, 2, 3

  /// From the beginning of the loop to its end. `ended` counts the threads that have.
  class Presence {
   public:
    Presence(ThreadMeter& meter, Gauge<int>& ended) : meter_(meter), ended_(ended) {
      meter_.life.start();
    }
    ~Presence() {
      meter_.life.stop();
      meter_.left.set(ended_.add(1));
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

}  // namespace triloop
