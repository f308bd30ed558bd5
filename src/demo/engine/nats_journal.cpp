#include "nats_journal.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>

#include "demo/processors/hex.h"
#include "demo/processors/token.h"
#include "json_entry.h"

namespace triloop {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;  // a second
constexpr std::int64_t kReadMs = 1000;                // for the next line of a past
constexpr std::size_t kAll = SIZE_MAX;
constexpr std::uint64_t kLongestBytes = std::uint64_t{1} << 20;  // of a message, as NATS has it

std::string time_of(std::int64_t nanoseconds) {
  const auto seconds = static_cast<std::time_t>(nanoseconds / kNanoseconds);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, sizeof "2026-11-23T18:00:00Z"> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

// What a line is in the stream.
std::string line_text(const std::string& name, const std::string& sender, const Saying& saying) {
  return text_of({{"name", name}, {"sender", sender}, {"id", saying.id}, {"text", saying.text}});
}

}  // namespace

NatsJournal::NatsJournal(std::shared_ptr<Engine> engine)
    : engine_(std::move(engine)), prefix_(engine_->options().name + ".line.") {
  const EngineOptions& options = engine_->options();
  const std::string name = engine_->lines_stream(), subjects = prefix_ + ">";
  const char* subject = subjects.c_str();
  jsStreamConfig config;
  ::jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  config.MaxAge = std::chrono::nanoseconds(options.keep_for).count();
  config.MaxBytes = static_cast<std::int64_t>(options.keep_bytes);
  config.MaxMsgsPerSubject = options.keep_lines_of_room;
  engine_->keep_trying([&] { engine_->make_stream(config); });
  std::uint64_t begin = 0;  // the last sequence before we were there
  engine_->keep_trying([&] {
    const auto state = engine_->state(name);
    epoch_ = std::to_string(state->Created);
    begin = state->State.LastSeq;
    // It may have been there, with other limits than ours.
    const std::int64_t most = state->Config->MaxMsgsPerSubject;
    most_of_room_ = most > 0 ? static_cast<std::uint64_t>(most) : UINT64_MAX;
  });
  const MutexLock lock(mutex_);
  recent_.begin(begin);
}

void NatsJournal::follow(Hear hear_lines) {
  hear_ = std::move(hear_lines);
  const Reading reading{engine_->lines_stream(), prefix_ + ">", heard() + 1};
  const Follower::Hear hears{[] {}, [this](const std::vector<Stored>& messages) { hear(messages); },
                             [] {}};
  follower_ = std::make_unique<Follower>(*engine_, "follow lines", reading, hears);
}

std::string NatsJournal::subject_of(const std::string& room) const { return prefix_ + hex(room); }

NatsJournal::Entry NatsJournal::entry_of(const Stored& message) {
  Entry entry;
  entry.line.seq = message.seq;
  const nlohmann::json parsed = parse_entry(message.data);
  entry.line.id = string_in(parsed, "id");
  entry.line.name = string_in(parsed, "name");
  entry.line.text = string_in(parsed, "text");
  entry.line.time = string_in(parsed, "time");  // of one that comes from an older history
  if (entry.line.time.empty()) entry.line.time = time_of(message.time_ns);
  entry.sender = string_in(parsed, "sender");
  return entry;
}

// One behind the other: so they stay in their order. When one has failed those behind it are not
// tried, or they would add up.
std::vector<Kept> NatsJournal::append(const std::string& room, const std::string& name,
                                      const std::string& sender,
                                      const std::vector<Saying>& sayings) {
  std::vector<Kept> kept;
  bool failed = false;
  for (const Saying& saying : sayings) {
    if (failed) {
      kept.push_back({0, kept.back().because});
      continue;
    }
    try {
      const auto known = saying.again ? find(room, sender, saying) : std::nullopt;
      const std::string id =
          saying.id.empty() ? new_token() : hex(room) + "." + sender + "." + hex(saying.id);
      kept.push_back(known ? *known
                           : keep({subject_of(room), line_text(name, sender, saying), id}));
    } catch (const JournalAway& away) {
      kept.push_back({0, away.what()});
    }
    failed = kept.back().seq == 0 && kept.back().may_work;
  }
  return kept;
}

// An attempt whose answer is lost may have worked: the engine knows it by its id, and answers the
// next one with the same sequence.
Kept NatsJournal::keep(const Engine::Publish& line) {
  Kept kept;
  try {
    engine_->keep_trying([&] { kept.seq = engine_->publish(line); });
  } catch (const EngineError& error) {
    kept.because = error.what();
  }
  return kept;
}

// The engine remembers ids for two minutes only; the room's lines hold them for as long as they
// are kept. nullopt: it has not been kept.
std::optional<Kept> NatsJournal::find(const std::string& room, const std::string& sender,
                                      const Saying& saying) {
  const std::uint64_t from = *saying.again + 1;
  std::optional<Kept> found;
  bool whole = true;
  try {
    engine_->keep_trying([&] {
      found.reset();
      const auto state = state_of_leader();
      const Extent extent = read_room(room, from, kAll, [&](const Entry& entry) {
        if (entry.sender == sender && entry.line.id == saying.id) found = Kept{entry.line.seq};
      });
      whole = !has_dropped(*state, from) && extent.there < most_of_room_;
    });
  } catch (const EngineError& error) {
    throw JournalAway(error.what());
  }
  if (found || whole) return found;
  return Kept{0, "too late: it cannot be told any more whether this was kept", false};
}

void NatsJournal::hear(const std::vector<Stored>& messages) {
  // Of each room together, for it costs its members as much as one.
  std::map<std::string, std::vector<ChatLine>> rooms;
  for (const Stored& message : messages) {
    rooms[bytes_of(message.subject.substr(prefix_.size()))].push_back(entry_of(message).line);
  }
  for (const auto& [room, lines] : rooms) hear_(room, lines);
  const MutexLock lock(mutex_);
  for (const auto& [room, lines] : rooms) {
    for (const ChatLine& line : lines) recent_.add(room, line);
  }
  recent_.heard(messages.back().seq);
}

std::uint64_t NatsJournal::heard() const {
  const MutexLock lock(mutex_);
  return recent_.heard();
}

Past NatsJournal::last(const std::string& room, std::size_t count) {
  {
    const MutexLock lock(mutex_);
    if (auto past = recent_.last(room, count)) return *past;
  }
  return read(room, 0, kAll, count);
}

Past NatsJournal::since(const std::string& room, std::uint64_t seq, std::size_t count) {
  {
    const MutexLock lock(mutex_);
    if (auto past = recent_.since(room, seq, count)) return *past;
  }
  return read(room, seq, count, kAll);
}

Past NatsJournal::read(const std::string& room, std::uint64_t behind, std::size_t first,
                       std::size_t last) {
  Past past;
  try {
    engine_->keep_trying([&] { past = try_to_read(room, behind, first, last); });
  } catch (const EngineError& error) {
    throw JournalAway(error.what());
  }
  past.heard = heard();
  return past;
}

// May something from there on have gone by the limits of all rooms together? A room that is full
// lets its own lines go, and the stream's first line may be one of them: that says nothing of
// others.
bool NatsJournal::has_dropped(const jsStreamInfo& info, std::uint64_t from) {
  const jsStreamConfig& most = *info.Config;
  const std::int64_t now = std::max(info.State.LastTime, std::time(nullptr) * kNanoseconds);
  const bool by_age = most.MaxAge > 0 && now - info.Created >= most.MaxAge;
  const bool by_bytes = most.MaxBytes > 0 && info.State.Bytes + kLongestBytes >
                                                 static_cast<std::uint64_t>(most.MaxBytes);
  const bool by_number =
      most.MaxMsgs > 0 && info.State.Msgs >= static_cast<std::uint64_t>(most.MaxMsgs);
  return info.State.FirstSeq > from && (by_age || by_bytes || by_number);
}

// The oldest go first: of all, by age and bytes; of the room, by their number.
Past NatsJournal::try_to_read(const std::string& room, std::uint64_t behind, std::size_t first,
                              std::size_t last) {
  const auto state = state_of_leader();
  const std::uint64_t newest = state->State.LastSeq;
  const bool is_other = behind > newest;
  const std::uint64_t from = is_other ? 1 : behind + 1;
  Past past;
  const Extent extent = read_room(room, from, first, [&](const Entry& entry) {
    past.lines.push_back(entry.line);
    if (past.lines.size() > last) past.lines.erase(past.lines.begin());
  });
  past.gap = is_other || has_dropped(*state, from) || extent.there >= most_of_room_;
  past.more = extent.more;
  const std::uint64_t last_line = past.lines.empty() ? 0 : past.lines.back().seq;
  past.seq = past.more ? last_line : std::max(newest, last_line);
  return past;
}

// One that has just become the leader may be behind what was told here.
EnginePtr<jsStreamInfo> NatsJournal::state_of_leader() {
  const std::uint64_t heard_before = heard();
  auto state = engine_->state(engine_->lines_stream());
  if (std::to_string(state->Created) != epoch_) {
    throw EngineError("the stream was made anew: restart triloop");
  }
  if (state->State.LastSeq < heard_before) throw EngineError("the leader is behind");
  return state;
}

// What is read comes from one of the replicas, which may be behind the others. So the leader is
// asked for the last line first.
NatsJournal::Extent NatsJournal::read_room(const std::string& room, std::uint64_t from,
                                           std::size_t first,
                                           const std::function<void(const Entry&)>& use) {
  const auto last = engine_->last(engine_->lines_stream(), subject_of(room));
  if (!last || last->seq < from) return {};
  Subscription lines(*engine_, {engine_->lines_stream(), subject_of(room), from});
  const Extent extent{lines.pending(), lines.pending() > first};
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < first && lines.pending() > 0; ++i) {
    const auto message = lines.next(kReadMs);
    if (!message) throw EngineError("the past does not come");
    seq = message->seq;
    use(entry_of(*message));
  }
  if (!extent.more && seq < last->seq) throw EngineError("a replica is behind");
  return extent;
}

}  // namespace triloop
