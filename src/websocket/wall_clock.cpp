#include "websocket/wall_clock.h"

namespace triloop {

std::time_t wall_clock() { return std::time(nullptr); }

}  // namespace triloop
