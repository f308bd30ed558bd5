/// What was said in the chat, kept by an engine that several servers share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "demo/processors/journal.h"
#include "engine.h"
#include "follower.h"
#include "recent_lines.h"
#include "triloop/sync.h"

namespace triloop {

/// In a stream with a subject for each room. A sequence is the stream's, so it rises in each room;
/// the time of a line is by the clock of the stream's leader.
///
/// Every call waits for the engine, and tries again: EngineOptions::patience, once it has failed a
/// second. All servers hear a room's lines in the order of the stream, each by one follower; what
/// it has heard lately is remembered, so a past that is not old costs the engine nothing.
class NatsJournal : public Journal {
 public:
  /// Makes the stream, unless it is there. Throws EngineError.
  explicit NatsJournal(std::shared_ptr<Engine> engine);

  void follow(Hear hear) override;
  std::vector<Kept> append(const std::string& room, const std::string& name,
                           const std::string& sender, const std::vector<Saying>& sayings) override;
  Past last(const std::string& room, std::size_t count) override;
  Past since(const std::string& room, std::uint64_t seq, std::size_t count) override;
  std::string epoch() override { return epoch_; }

 private:
  // A line as it is in the stream.
  struct Entry {
    ChatLine line;
    std::string sender;
  };
  struct Extent {
    std::uint64_t there = 0;  // lines
    bool more = false;        // than have been read
  };

  std::string subject_of(const std::string& room) const;
  static Entry entry_of(const Stored& message);
  Kept keep(const Engine::Publish& line);
  std::optional<Kept> find(const std::string& room, const std::string& sender,
                           const Saying& saying);
  EnginePtr<jsStreamInfo> state_of_leader();
  static bool has_dropped(const jsStreamInfo& info, std::uint64_t from);
  void hear(const std::vector<Stored>& messages) TRILOOP_EXCLUDES(mutex_);
  Past read(const std::string& room, std::uint64_t behind, std::size_t first, std::size_t last);
  Past try_to_read(const std::string& room, std::uint64_t behind, std::size_t first,
                   std::size_t last);
  Extent read_room(const std::string& room, std::uint64_t from, std::size_t first,
                   const std::function<void(const Entry&)>& use);
  std::uint64_t heard() const TRILOOP_EXCLUDES(mutex_);

  const std::shared_ptr<Engine> engine_;
  const std::string prefix_;  // of the rooms' subjects
  std::string epoch_;
  std::uint64_t most_of_room_ = 0;  // lines that the stream keeps
  Hear hear_;
  mutable Mutex mutex_;
  RecentLines recent_ TRILOOP_GUARDED_BY(mutex_);  // as far as hear_ has been told
  std::unique_ptr<Follower> follower_;
};

}  // namespace triloop
