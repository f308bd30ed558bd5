/// All that is observed of one connection. No thread decides anything by it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "observe/follow.h"
#include "observe/meters.h"
#include "observe/trace.h"

namespace triloop {

/// Where a connection's threads leave what snapshot() and a trace tell of them.
class Observer {
 public:
  Observer(std::uint64_t connection, TimePoint accepted_at)
      : meters(accepted_at), connection_(connection) {}

  /// One of the three threads, for as long as this stands on its stack: its clocks run, and it has
  /// a track in a trace.
  class Watched {
   public:
    Watched(ThreadMeter& thread, Gauge<int>& ended) : presence_(thread, ended) {}
    Watched(ThreadMeter& thread, Gauge<int>& ended, trace::Role role, std::uint64_t connection)
        : Watched(thread, ended) {
      track_.emplace(role, connection);
      if (role == trace::Role::processor) users_code_.emplace("the user's code");
    }

   private:
    const ThreadMeter::Presence presence_;
    std::optional<trace::Track> track_;
    std::optional<trace::Slice> users_code_;
  };

  /// The reader has its track since it was accepted.
  Watched reader() { return {meters.reader, meters.threads_ended}; }
  Watched processor() {
    return {meters.processor, meters.threads_ended, trace::Role::processor, connection_};
  }
  Watched writer() {
    return {meters.writer, meters.threads_ended, trace::Role::writer, connection_};
  }

  std::uint64_t connection() const { return connection_; }

  Meters meters;
  std::uint64_t number = 0;        ///< 1 for the server's first WebSocket
  std::unique_ptr<Follow> follow;  ///< null: its messages are not followed

 private:
  const std::uint64_t connection_;
};

}  // namespace triloop
