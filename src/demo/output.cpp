#include "demo/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <type_traits>

#include "triloop/sync.h"

namespace triloop {

void write_or_drop(int descriptor, std::string_view line) noexcept {
  // One at a time, whichever descriptor: both may be the same pipe, and another thread's line may
  // take the room that poll() has seen. Threads may outlive main(), and so must this.
  static Mutex mutex;
  static_assert(std::is_trivially_destructible_v<Mutex>);
  const MutexLock lock(mutex);
  pollfd request{descriptor, POLLOUT, 0};
  if (::poll(&request, 1, 0) <= 0) return;
  // A pipe that is writable takes PIPE_BUF bytes without waiting, pipe(7).
  const std::size_t size = std::min<std::size_t>(line.size(), PIPE_BUF);
  [[maybe_unused]] const auto written = ::write(descriptor, line.data(), size);
}

}  // namespace triloop
