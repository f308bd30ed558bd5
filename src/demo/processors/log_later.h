/// Lines for the log that are written when a lock is free again.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace triloop {

/// Made before the lock is taken, it goes after it, and then writes: what a log does is somebody
/// else's code, and may wait. For one thread.
class LogLater {
 public:
  LogLater() = default;
  ~LogLater() {
    for (const auto& line : lines_) line();
  }
  LogLater(const LogLater&) = delete;
  LogLater& operator=(const LogLater&) = delete;

  void add(std::function<void()> line) { lines_.push_back(std::move(line)); }

 private:
  std::vector<std::function<void()>> lines_;
};

}  // namespace triloop
