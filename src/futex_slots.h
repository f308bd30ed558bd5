/// A setting of the kernel's for programs with many waiting threads.
#pragma once

#include <cstddef>

namespace triloop {

/// Tells the kernel that so many threads of this process may wait for each other at a time.
///
/// Since Linux 6.16 a process finds its waiting threads in a hash table of its own, of a size that
/// fits its cores: a few slots for 30 000 threads, so that each wake walks along a list of
/// thousands. Does nothing on an older kernel, and no harm where it fails. The table stays as large
/// as the largest call has made it. Any thread.
void reserve_futex_slots(std::size_t threads) noexcept;

}  // namespace triloop
