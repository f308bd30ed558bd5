/// A program that is asked by lines and answers by lines.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "triloop/latch.h"
#include "upstream_socket.h"

namespace triloop {

/// A process of its own, with limits: its memory, its processor time, no files to write, no core.
/// Its standard input and output are its pipe to us, and it has nothing else of this process. It is
/// killed with whatever it has started when this goes; and by the kernel when this process does.
///
/// Thread safety: one thread, the one that has made it: the kernel kills it with that thread.
class Child {
 public:
  struct Limits {
    std::size_t memory_bytes = std::size_t{512} << 20;
    std::chrono::seconds processor_time{60};
    std::size_t answer_bytes = std::size_t{4} << 20;
  };

  /// Throws std::system_error if there is no process or descriptor left. That the program cannot be
  /// run shows as kEnded.
  Child(const std::string& program, const std::string& argument, const Limits& limits);
  /// Kills it, and waits for that.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  enum class Result {
    kAnswer,
    kEnded,    ///< it has ended, or takes or says nothing more
    kTooLong,  ///< a line without an end
    kTimeout,
    kOver,
  };

  /// Sends `line`, which has no newline in it, and waits for the next one. Blocks until that is
  /// here, until `deadline`, or until `over` fires.
  Result ask(std::string_view line, std::string& answer, TimePoint deadline, const Latch& over);

 private:
  // Our end of the pipe, and its.
  using Ends = std::pair<UpstreamSocket, UpstreamSocket>;

  static Ends make_pipe();
  Child(const std::string& program, const std::string& argument, const Limits& limits, Ends ends);
  Result send(std::string_view bytes, TimePoint deadline, const Latch& over);
  Result receive(std::string& line, TimePoint deadline, const Latch& over);
  Result wait(short events, TimePoint deadline, const Latch& over) const;

  const Limits limits_;
  UpstreamSocket pipe_;  // a pair of sockets: one descriptor for both directions
  pid_t process_ = -1;
  std::string received_;  // behind the last answer
};

}  // namespace triloop
