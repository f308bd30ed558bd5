// What the queue and the latch call of tracing, where they are alone: it is off.
#include "triloop/trace.h"

namespace triloop::trace::detail {

Hint on;
Ring* open(const char* /*name*/) noexcept { return nullptr; }
void close(Ring* /*ring*/) noexcept {}

}  // namespace triloop::trace::detail
