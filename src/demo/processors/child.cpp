#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "upstream.h"

namespace triloop {
namespace {

constexpr int kCannotRun = 127;  // as a shell has it
constexpr rlim_t kMostFiles = 32;
constexpr std::size_t kPieceBytes = std::size_t{16} << 10;

// What the new process needs, made before it: it may not even allocate.
struct Plan {
  std::array<const char*, 3> arguments;
  std::array<const char*, 3> environment;
  int pipe;
  pid_t parent;
  Child::Limits limits;
};

[[noreturn]] void fail() { ::_exit(kCannotRun); }

void limit(__rlimit_resource_t what, rlim_t most) {
  const rlimit bounds{most, most};
  if (::setrlimit(what, &bounds) != 0) fail();
}

// A session of a terminal must not reach it: its end is ours to say. The parent may have gone
// before prctl(2).
void bind_to_parent(const Plan& plan) {
  if (::setpgid(0, 0) != 0) fail();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != plan.parent) fail();
}

// What this process has blocked or ignores would stay so.
void reset_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, nullptr);
}

// Nothing of ours is open in it, also what some library has opened without O_CLOEXEC.
void keep_only(int pipe) {
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, STDERR_FILENO) < 0) fail();
  if (::dup2(pipe, STDIN_FILENO) < 0 || ::dup2(pipe, STDOUT_FILENO) < 0) fail();
  if (::syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
  const long most = ::sysconf(_SC_OPEN_MAX);  // a kernel before 5.9
  for (int descriptor = 3; descriptor < most; ++descriptor) ::close(descriptor);
}

// In the new process, where but async-signal-safe functions may be called, fork(2).
[[noreturn]] void become(const Plan& plan) {
  bind_to_parent(plan);
  reset_signals();
  keep_only(plan.pipe);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, kMostFiles);
  limit(RLIMIT_CPU, static_cast<rlim_t>(plan.limits.processor_time.count()));
  limit(RLIMIT_AS, plan.limits.memory_bytes);
  // execve(2) takes them so for old reasons, and changes nothing in them.
  ::execve(plan.arguments[0], const_cast<char* const*>(plan.arguments.data()),
           const_cast<char* const*>(plan.environment.data()));
  fail();
}

[[noreturn]] void throw_last(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Child::Ends Child::make_pipe() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_last("socketpair");
  }
  return {UpstreamSocket(ends[0]), UpstreamSocket(ends[1])};
}

Child::Child(const std::string& program, const std::string& argument, const Limits& limits)
    : Child(program, argument, limits, make_pipe()) {}

Child::Child(const std::string& program, const std::string& argument, const Limits& limits,
             Ends ends)
    : limits_(limits), pipe_(std::move(ends.first)) {
  const Plan plan{{program.c_str(), argument.c_str(), nullptr},
                  {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", nullptr},
                  ends.second.descriptor(),
                  ::getpid(),
                  limits};
  process_ = ::fork();
  if (process_ < 0) throw_last("fork");
  if (process_ == 0) become(plan);
}

Child::~Child() {
  ::kill(-process_, SIGKILL);  // all of its group; it may not have made that yet
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Child::Result Child::ask(std::string_view line, std::string& answer, TimePoint deadline,
                         const Latch& over) {
  for (const std::string_view bytes : {line, std::string_view("\n")}) {
    const Result sent = send(bytes, deadline, over);
    if (sent != Result::kAnswer) return sent;
  }
  return receive(answer, deadline, over);
}

Child::Result Child::send(std::string_view bytes, TimePoint deadline, const Latch& over) {
  std::error_code error;
  while (!bytes.empty()) {
    bytes.remove_prefix(pipe_.try_send(bytes, error));
    if (error) return Result::kEnded;
    if (bytes.empty()) break;
    const Result waited = wait(POLLOUT, deadline, over);
    if (waited != Result::kAnswer) return waited;
  }
  return Result::kAnswer;
}

Child::Result Child::receive(std::string& line, TimePoint deadline, const Latch& over) {
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t end = received_.find('\n', looked_at);
    if (end != std::string::npos) {
      line.assign(received_, 0, end);
      received_.erase(0, end + 1);
      return Result::kAnswer;
    }
    looked_at = received_.size();
    if (looked_at > limits_.answer_bytes) return Result::kTooLong;
    const Result waited = wait(POLLIN, deadline, over);
    if (waited != Result::kAnswer) return waited;
    std::array<char, kPieceBytes> piece;
    std::error_code error;
    const std::size_t size = pipe_.receive(piece.data(), piece.size(), error);
    if (size == 0) return Result::kEnded;
    received_.append(piece.data(), size);
  }
}

// kAnswer: it is worth a try. No call waits for a pipe and a latch at once, so it is looked at now
// and then.
Child::Result Child::wait(short events, TimePoint deadline, const Latch& over) const {
  for (;;) {
    if (over.fired()) return Result::kOver;
    const TimePoint now = Clock::now();
    if (now >= deadline) return Result::kTimeout;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    pollfd look{pipe_.descriptor(), events, 0};
    if (::poll(&look, 1, static_cast<int>(std::min(left, kGlance).count())) > 0) {
      return Result::kAnswer;
    }
  }
}

}  // namespace triloop
