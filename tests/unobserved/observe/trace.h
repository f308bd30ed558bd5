// A trace that nobody keeps.
#pragma once

#include <cstdint>

#include "triloop/trace.h"

namespace triloop::trace {

enum class Role { accept, reader, processor, writer };

struct Track {
  explicit Track(Role /*role*/, std::uint64_t /*connection*/ = 0) {}
  ~Track() {}  // so that none counts as unused
};

}  // namespace triloop::trace
