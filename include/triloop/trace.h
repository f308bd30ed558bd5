/// Keeps what every thread does, and writes it as a timeline: what `--trace` stands for.
///
/// Each thread writes into a ring of its own: no lock and no memory but for its first event. When
/// it is full the oldest goes. The file is written once: at the end, or from the signal handler of
/// a crash. docs/tracing.md says how to read it.
#pragma once

#include <cstddef>
#include <string>

#include "triloop/export.h"
#include "triloop/sync.h"

/// A timeline of what every thread does.
namespace triloop::trace {

class Ring;

/// What is kept, and so how large the file can get: at most about 150 bytes for each event.
struct Limits {
  /// At most 4096. More at a time are left out; of those that have ended the first goes first.
  std::size_t threads = 256;
  /// Of each thread.
  std::size_t events = 4'096;
};

/// Keeps events from now on. `file` holds an empty trace until write(), or until SIGSEGV, SIGBUS,
/// SIGFPE, SIGILL or SIGABRT (so std::terminate, too), whose handlers write it and then let the
/// program die as it would have. Throws std::system_error if the file cannot be written. One
/// thread, one trace at a time.
TRILOOP_EXPORT void start(const std::string& file, const Limits& limits = {});

/// Keeps nothing from now on, and writes the file; blocks for as long as that takes. Does nothing
/// if it has been written. Any thread that still runs may go on.
TRILOOP_EXPORT void write() noexcept;

/// A trace for a scope: start() and write(), or neither if `file` is empty.
class Recording {
 public:
  /// start(), and throws as that does.
  explicit Recording(const std::string& file) {
    if (!file.empty()) start(file);
  }
  ~Recording() { write(); }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
};

namespace detail {
TRILOOP_EXPORT extern Hint on;
TRILOOP_EXPORT Ring* open(const char* name) noexcept;
TRILOOP_EXPORT void close(Ring* ring) noexcept;
}  // namespace detail

/// Are events kept? Off, this is all that tracing costs: a load and a branch.
inline bool is_on() { return detail::on.get(); }

/// What the calling thread does while this lives: a wait, or a piece of work. Slices nest. A
/// processor may use it, too: `const trace::Slice asking("asking the database");`
///
/// No lock and no memory but for a thread's first event. `name` must live as long as a literal.
class Slice {
 public:
  /// Begins it; the destructor ends it.
  explicit Slice(const char* name) noexcept : ring_(is_on() ? detail::open(name) : nullptr) {}
  ~Slice() {
    if (ring_ != nullptr) detail::close(ring_);
  }
  Slice(const Slice&) = delete;
  Slice& operator=(const Slice&) = delete;

 private:
  Ring* const ring_;  // the thread's; null if it has none, or tracing is off
};

}  // namespace triloop::trace
