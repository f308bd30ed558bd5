/// A slice of a thread's time, for the timeline that --trace writes (docs/tracing.md).
#pragma once

#include "triloop/sync.h"

namespace triloop::trace {

class Ring;

namespace detail {
inline Gauge<bool> on;
Ring* open(const char* name) noexcept;
void close(Ring* ring) noexcept;
}  // namespace detail

/// Are events kept? Off, this is all that tracing costs: a load and a branch.
inline bool is_on() { return detail::on.get(); }

/// What the calling thread does while this lives: a wait, or a piece of work. Slices nest. A
/// processor may use it, too: `const trace::Slice asking("asking the database");`
///
/// Takes no lock and no memory. `name` must live as long as the program, as a literal does.
class Slice {
 public:
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
