#include "observe/trace.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "observe/trace_recorder.h"
#include "observe/trace_ring.h"

namespace triloop::trace {
namespace {

constexpr std::array<int, 5> kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::int64_t now() { return nanoseconds(GaugeClock::now()); }

// Never destroyed: a thread that saw it may come back to it at any time. Atomic because threads
// look without a lock, and `on` tells them nothing but that it is worth it.
Atomic<Recorder*> recorder{nullptr};

// Acquires what start() releases: who gets the pointer sees what it points to. A thread that runs
// already when the first trace starts may see `on` before, and then still gets null.
Recorder* current_recorder() noexcept { return recorder.load(std::memory_order_acquire); }

// Who has begun to write, if anybody has, and whether it is done. Atomic because the signal
// handlers ask. In the default order, since none of it is often: who begins to write sees what
// start() has stored, and who has waited for `done` finds the file written.
Atomic<bool> begun{true};
Atomic<bool> done{true};
Atomic<int> writer{0};

// The handlers that start() has replaced.
std::array<struct sigaction, kCrashes.size()> handlers_before;

// The calling thread's ring. Touched only while tracing is on.
struct ThisThread {
  Recorder* recorder = nullptr;
  Ring* ring = nullptr;
  stack_t stack_before{};

  ~ThisThread() { leave(); }
  void leave() noexcept {
    // Not once tracing is off, as in detail::close().
    if (ring != nullptr && is_on()) ring->end_track(now());
    if (ring != nullptr) recorder->give_back(ring);
    ring = nullptr;
  }
};
thread_local ThisThread this_thread;

Ring::Name name_of(Role role, std::uint64_t connection) noexcept {
  constexpr std::array<const char*, 4> kRoles{"accept", "read", "proc", "write"};
  const char* const text = kRoles[static_cast<std::size_t>(role)];
  Ring::Name name{};
  if (role == Role::accept) {
    std::snprintf(name.data(), name.size(), "%s", text);
  } else {
    std::snprintf(name.data(), name.size(), "%s-%llu", text,
                  static_cast<unsigned long long>(connection));
  }
  return name;
}

// Null if the thread is left out, or sees no recorder yet.
Ring* ring_of_this_thread() noexcept {
  Recorder* const current = current_recorder();
  if (this_thread.recorder == current) return this_thread.ring;
  this_thread.leave();
  Ring::Name name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  this_thread.recorder = current;
  this_thread.ring = current->claim(0, name);
  return this_thread.ring;
}

// For one thread to write, once. The others wait until it is done; if it does that because it has
// crashed, they wait for the end of the program. True for the one.
bool may_write() noexcept {
  detail::on.set(false);
  const int me = ::gettid();
  if (!begun.exchange(true)) {
    writer.store(me);
    return true;
  }
  // If writing itself has crashed there is nobody to wait for.
  while (!done.load() && writer.load() != me) ::poll(nullptr, 0, 1);
  return false;
}

extern "C" void write_and_die(int signal) {
  if (may_write()) current_recorder()->write();
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  ::raise(signal);  // comes when this handler returns
}

}  // namespace

void start(const std::string& file, const Limits& limits) {
  if (limits.threads > Ring::kMostRings) throw std::invalid_argument("a trace of too many threads");
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot write the trace '" + file + "'");
  }
  auto made = std::make_unique<Recorder>(descriptor, limits, recorder.load());
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) made->write_empty();
  recorder.store(made.release(), std::memory_order_release);  // see current_recorder()
  writer.store(0);  // whoever wrote an earlier trace waits for this one as all others do
  done.store(false);
  begun.store(false);
  struct sigaction action {};
  action.sa_handler = write_and_die;
  action.sa_flags = SA_ONSTACK;
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    ::sigaction(kCrashes[i], &action, &handlers_before[i]);
  }
  detail::on.set(true);
}

void write() noexcept {
  if (!may_write()) return;
  Recorder* const current = current_recorder();
  current->write();
  current->close();
  done.store(true);
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    ::sigaction(kCrashes[i], &handlers_before[i], nullptr);
  }
}

void Track::begin(Role role, std::uint64_t connection) noexcept {
  Recorder* const current = current_recorder();
  if (current == nullptr) return;
  this_thread.leave();
  this_thread.recorder = current;
  const std::uint64_t order = connection * 4 + static_cast<std::uint64_t>(role);
  this_thread.ring = current->claim(order, name_of(role, connection));
  if (this_thread.ring == nullptr) return;
  const stack_t stack = current->crash_stack_of(this_thread.ring);
  ::sigaltstack(&stack, &this_thread.stack_before);
}

void Track::end() noexcept {
  if (this_thread.ring != nullptr) ::sigaltstack(&this_thread.stack_before, nullptr);
  this_thread.leave();
  this_thread.recorder = nullptr;
}

const char* Gap::begin() noexcept {
  Ring* const ring = ring_of_this_thread();
  const char* const name = ring == nullptr ? nullptr : ring->innermost();
  if (name != nullptr) ring->close(now());
  return name;
}

void Gap::end(const char* name) noexcept { detail::open(name); }

Hint detail::on;

Ring* detail::open(const char* name) noexcept {
  Ring* const ring = ring_of_this_thread();
  if (ring != nullptr) ring->open(name, now());
  return ring;
}

// Not once tracing is off: whoever writes then finds the slice open, and ends it there.
void detail::close(Ring* ring) noexcept {
  if (is_on()) ring->close(now());
}

std::uint32_t detail::depart(const char* name) noexcept {
  Ring* const ring = ring_of_this_thread();
  if (ring == nullptr) return 0;
  Event event;
  event.kind = Event::Kind::departure;
  event.name = name;
  event.at = now();
  const std::uint32_t arrow = ring->next_arrow();
  event.a = arrow;
  ring->append(event);
  return arrow;
}

void detail::arrive(const char* name, std::uint32_t arrow) noexcept {
  if (!is_on()) return;
  Ring* const ring = ring_of_this_thread();
  if (ring == nullptr) return;
  Event event;
  event.kind = Event::Kind::arrival;
  event.name = name;
  event.at = now();
  event.a = arrow;
  ring->append(event);
}

void detail::fill(const char* name, std::uint64_t connection, const QueueSnapshot& queue) noexcept {
  Ring* const ring = ring_of_this_thread();
  if (ring == nullptr) return;
  Event event;
  event.kind = Event::Kind::fill;
  event.connection = static_cast<std::uint32_t>(connection);
  event.name = name;
  event.at = nanoseconds(queue.at);
  event.a = queue.items;
  event.b = queue.bytes;
  ring->append(event);
}

void Firing::remember(const CloseReason& reason) noexcept {
  at_ = GaugeClock::now();
  by_ = name_of(reason.by);
  code_ = reason.code;
  text_bytes_ = reason.text.copy(text_.data(), text_.size());
}

void Firing::append() noexcept {
  // All in one call, for which a ring has places: see there.
  static_assert(1 + (kMostReason - 1) / TextEvent::kMostBytes + 1 < Ring::kInHand);
  Ring* const ring = ring_of_this_thread();
  if (ring == nullptr) return;
  Event event;
  event.kind = Event::Kind::latch;
  event.connection = static_cast<std::uint32_t>(connection_);
  event.name = name_;
  event.at = nanoseconds(at_);
  event.a = reinterpret_cast<std::uint64_t>(by_);
  event.b = code_;
  ring->append(event);
  std::string_view text(text_.data(), text_bytes_);
  while (!text.empty()) {
    TextEvent piece;
    piece.bytes = static_cast<std::uint8_t>(text.copy(piece.text.data(), piece.text.size()));
    ring->append(piece);
    text.remove_prefix(piece.bytes);
  }
}

}  // namespace triloop::trace
