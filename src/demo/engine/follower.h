/// Hears all that is added to a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine.h"
#include "triloop/sync.h"

namespace triloop {

/// What is to be read of a stream.
struct Reading {
  std::string stream, subject;
  std::uint64_t from = 0;     ///< the first sequence
  bool last_of_each = false;  ///< instead: the last message of each subject, then what comes
};

/// A subscription to a stream: an ephemeral consumer of it, on one of the engine's servers. It
/// gives messages in their order, until it loses one: then it is at its end, and another one has to
/// be made. For one thread.
class Subscription {
 public:
  /// Throws EngineError.
  Subscription(Engine& engine, const Reading& reading);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Messages that were there when it began, and have not been given yet.
  std::uint64_t pending() const { return pending_; }

  /// Waits for the next one, `ms` milliseconds at most; nullopt if none has come. Throws
  /// EngineError if something is lost.
  std::optional<Stored> next(std::int64_t ms);
  /// Is the next one here already?
  bool has_next() const;
  /// Asks the engine whether there is something that should have come by now. Throws EngineError
  /// if there is, or if nobody answers.
  void check_silence();

 private:
  Engine& engine_;
  const std::string stream_;
  std::string consumer_;
  struct Retire {
    Engine* engine;
    void operator()(natsSubscription* it) const { engine->retire(it); }
  };
  std::unique_ptr<natsSubscription, Retire> subscription_;
  std::uint64_t pending_ = 0;
  std::uint64_t given_ = 0;
};

/// A thread that follows a stream, through the loss of any server.
///
/// The thread waits for messages, freed by the destructor within half a second; or for the engine,
/// for as long as Engine::keep_trying() does.
class Follower {
 public:
  struct Hear {
    /// From here on it is a new subscription: with last_of_each all comes anew.
    std::function<void()> begins;
    /// Several messages, in the stream's order, each once. On the follower's thread; while it is
    /// there, nothing else is heard.
    std::function<void(const std::vector<Stored>&)> messages;
    /// What was there when it began has been heard.
    std::function<void()> all_heard;
  };

  /// `name` is what debuggers call the thread.
  Follower(Engine& engine, std::string name, Reading reading, Hear hear);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

 private:
  void run();
  void follow(Subscription& subscription);
  std::vector<Stored> some_of(Subscription& subscription);

  Engine& engine_;
  Reading reading_;  // only the thread's: its `from` moves on
  const Hear hear_;
  Atomic<bool> stopping_{false};  // looked at between two waits: a lock would add nothing
  Thread thread_;
};

}  // namespace triloop
