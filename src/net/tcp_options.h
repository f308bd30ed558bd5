/// What is set for every TCP connection, whichever side began it.
#pragma once

#include <chrono>

namespace triloop {

/// Sets them for a socket, or for a listening one, from which those that it accepts inherit them. A
/// peer that owes an acknowledgement for so long is dead, and one that is idle is asked after the
/// same time (tcp(7)). Best effort: none of them is a promise to anybody.
void set_tcp_options(int descriptor, std::chrono::milliseconds dead_after);

}  // namespace triloop
