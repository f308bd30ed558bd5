#include "demo/output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <string>
#include <type_traits>

#include "triloop/sync.h"
#include "websocket/printable.h"

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

// A line that nobody takes is dropped: a processor that waited for it would answer nobody.
void print_line(const Connection& connection, const Message& message) {
  const bool text = message.type == MessageType::text;
  const std::string line =
      fmt::format("[{}] {} ({} bytes): {}\n", connection.id(), text ? "text" : "binary",
                  message.data.size(), printable(message.data));
  write_or_drop(STDOUT_FILENO, line);
}

}  // namespace triloop
