/// The last things that one thread did.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "triloop/sync.h"

namespace triloop::trace {

/// The clock as a number, for events.
inline std::int64_t nanoseconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

/// One thing that happened: 40 bytes, copied as they are.
struct Event {
  enum class Kind : std::uint8_t {
    slice,      ///< from `at` on, for `a` ns
    departure,  ///< of arrow `a`
    arrival,    ///< of arrow `a`
    fill,       ///< of a queue: `a` messages, `b` bytes
    latch,      ///< fired by `a`, a literal, with code `b`; its text follows
    text,       ///< more of what came before: a TextEvent
  };
  Kind kind = Kind::slice;
  std::uint32_t connection = 0;
  const char* name = nullptr;  ///< a literal
  std::int64_t at = 0;         ///< ns of the clock
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

/// An event of kind text.
struct TextEvent {
  static constexpr std::size_t kMostBytes = sizeof(Event) - 2;
  Event::Kind kind = Event::Kind::text;
  std::uint8_t bytes = 0;
  std::array<char, kMostBytes> text{};
};
static_assert(sizeof(TextEvent) == sizeof(Event));

/// The last events of one thread, and the slices that it is in. When it is full the oldest event
/// goes. A ring serves one thread after the other; what a thread did while it had it is a track.
///
/// Thread safety: one thread at a time, the owner, writes. Any may copy at any time, and so may a
/// signal handler: all that is shared is atomic, nobody waits, and a copy that the owner has
/// written over meanwhile is known to be none. That needs no mutex, but that each store releases
/// and each load acquires: the table at the members says what for.
class Ring {
 public:
  static constexpr std::size_t kWords = sizeof(Event) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;
  using Name = std::array<char, 16>;  ///< ends in zeros

  /// Slices in slices; those further inside are not kept.
  static constexpr std::size_t kMostOpen = 12;
  static constexpr std::size_t kMostRings = 4096;
  /// Places for what the owner writes to while others read: it may be inside one call when tracing
  /// ends, and none appends more than end_track(). So a copy stays whole.
  static constexpr std::size_t kInHand = kMostOpen + 1;

  struct OpenSlice {
    const char* name = nullptr;
    std::int64_t at = 0;
  };

  /// A ring at one instant.
  struct Copy {
    std::uint64_t track = 0;  ///< its number; 0: there has been none
    std::uint64_t order = 0;  ///< where people look for it
    Name name{};
    std::uint64_t first = 0;  ///< events first..last-1 are its own and may still be there
    std::uint64_t last = 0;
    std::uint64_t forgotten = 0;  ///< of its own
    std::size_t open = 0;
    std::array<OpenSlice, kMostOpen> open_slices;
  };

  /// It is number `index`, below kMostRings, and keeps its last `events` in `words`, of which there
  /// are words_for(events). Before anything else.
  void use(std::uint32_t index, Atomic<std::uint64_t>* words, std::size_t events);
  static constexpr std::size_t words_for(std::size_t events) { return (events + kInHand) * kWords; }

  // -- Its owner

  void begin_track(std::uint64_t number, std::uint64_t order, const Name& name) noexcept;
  /// Ends the slices that are still open.
  void end_track(std::int64_t at) noexcept;
  void open(const char* name, std::int64_t at) noexcept;
  void close(std::int64_t at) noexcept;
  /// The name of the innermost open slice; null if there is none.
  const char* innermost() const noexcept;
  /// `event` is an Event or a TextEvent.
  template <typename T>
  void append(const T& event) noexcept {
    Words words{};
    static_assert(sizeof(event) == sizeof(words));
    std::memcpy(words.data(), &event, sizeof(words));
    append_words(words);
  }
  /// The next number for an arrow that leaves from here: no other ring's arrows have it.
  std::uint32_t next_arrow() noexcept;

  // -- Any thread, any signal handler

  /// False if the owner was always about to change it.
  bool copy(Copy& into) const noexcept;
  /// Event number `index`. False if it has been written over.
  bool read(std::uint64_t index, Words& into) const noexcept;

 private:
  class Change;
  struct AtomicSlice {
    Atomic<const char*> name{nullptr};
    Atomic<std::int64_t> at{0};
  };

  void append_words(const Words& words) noexcept;

  // Constant once used.
  std::uint32_t index_ = 0;
  Atomic<std::uint64_t>* words_ = nullptr;
  std::size_t places_ = 0;

  // Who loads what the owner has stored sees what came before that, and so:
  //
  //   loads                      sees
  //   count_, in copy()          the words of all events that it counts
  //   words of a later event     in count_, as read() looks, that the one before is written over
  //   version_, even             all of the changes that have ended
  //   what changes with it       in version_, as copy() looks again, that a change has begun
  //
  // Four of the orders could be relaxed, and stay lest there be exceptions to check: of version_
  // when it turns odd, of the 0 in begin_track(), and of the last loads of copy() and read(),
  // behind which nothing is loaded. What the owner itself has written it loads relaxed; between two
  // owners is the recorder's mutex.
  Atomic<std::uint64_t> count_{0};    // events so far, of all tracks; the next goes to this place
  Atomic<std::uint64_t> version_{0};  // odd while what stands below changes
  Atomic<std::uint64_t> track_{0};
  Atomic<std::uint64_t> order_{0};
  Atomic<std::uint64_t> name_low_{0};
  Atomic<std::uint64_t> name_high_{0};
  Atomic<std::uint64_t> first_{0};
  Atomic<std::size_t> depth_{0};  // may be more than are kept
  std::array<AtomicSlice, kMostOpen> open_;

  std::uint32_t arrows_ = 0;  // owner only
};

inline Event event_of(const Ring::Words& words) {
  Event event;
  std::memcpy(static_cast<void*>(&event), words.data(), sizeof(event));
  return event;
}

}  // namespace triloop::trace
