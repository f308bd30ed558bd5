/// What the library's own threads say in a trace, beyond slices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "triloop/bounded_queue.h"
#include "triloop/latch.h"
#include "triloop/trace.h"

namespace triloop::trace {

/// In the order in which a connection's are shown.
enum class Role { accept, reader, processor, writer };

/// The calling thread's track while this lives: `read-17`. A thread without one that has something
/// to tell gets one by the name that the system knows it by.
class Track {
 public:
  explicit Track(Role role, std::uint64_t connection = 0) noexcept : on_(is_on()) {
    if (on_) begin(role, connection);
  }
  ~Track() {
    if (on_) end();
  }
  Track(const Track&) = delete;
  Track& operator=(const Track&) = delete;

 private:
  static void begin(Role role, std::uint64_t connection) noexcept;
  static void end() noexcept;

  const bool on_;
};

/// Interrupts the innermost slice of the calling thread while this lives.
class Gap {
 public:
  Gap() noexcept : name_(is_on() ? begin() : nullptr) {}
  ~Gap() {
    if (name_ != nullptr) end(name_);
  }
  Gap(const Gap&) = delete;
  Gap& operator=(const Gap&) = delete;

 private:
  static const char* begin() noexcept;
  static void end(const char* name) noexcept;

  const char* const name_;
};

namespace detail {
std::uint32_t depart(const char* name) noexcept;
void arrive(const char* name, std::uint32_t arrow) noexcept;
void fill(const char* name, std::uint64_t connection, const QueueSnapshot& queue) noexcept;
}  // namespace detail

/// An arrow leaves the calling thread's slice. The message takes its number along; 0 when off.
inline std::uint32_t depart(const char* name) noexcept {
  return is_on() ? detail::depart(name) : 0;
}

/// And it arrives in the slice of whoever has the message now.
inline void arrive(const char* name, std::uint32_t arrow) noexcept {
  if (arrow != 0) detail::arrive(name, arrow);
}

/// How full a queue is. After each push and pop: then the last one is right, too.
template <typename Queue>
void fill(const char* name, std::uint64_t connection, const Queue& queue) {
  if (is_on()) detail::fill(name, connection, queue.snapshot());
}

/// What is kept of a close reason's text, in bytes.
constexpr std::size_t kMostReason = 128;

/// That a latch fires: an instant with its reason. Made before, because the latch takes the reason,
/// and nothing that the latch brings about may seem to be earlier.
class Firing {
 public:
  Firing(const char* name, std::uint64_t connection, const CloseReason& reason) noexcept
      : on_(is_on()), name_(name), connection_(connection) {
    if (on_) remember(reason);
  }
  /// It was this call that fired it.
  void happened() noexcept {
    if (on_) append();
  }

 private:
  void remember(const CloseReason& reason) noexcept;
  void append() noexcept;

  const bool on_;
  const char* const name_;
  const std::uint64_t connection_;
  TimePoint at_;
  const char* by_ = nullptr;
  std::uint16_t code_ = 0;
  std::array<char, kMostReason> text_;
  std::size_t text_bytes_ = 0;
};

}  // namespace triloop::trace
