/// The one place where triloop touches locks, condition variables, threads, atomics and the clock.
///
/// Two reasons to go through this header instead of `<mutex>` and `<thread>`:
///  - clang's -Wthread-safety reads the annotations and proves at compile time that every guarded
///    member is only touched under its mutex;
///  - a test build may put another header of the same name first on the include path and so run
///    the very sources that ship under a scheduler of its own.
#pragma once

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

// Clang's thread-safety attributes; nothing on other compilers.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#if defined(__clang__)
#define TRILOOP_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TRILOOP_THREAD_ATTRIBUTE(x)
#endif
#define TRILOOP_CAPABILITY(name) TRILOOP_THREAD_ATTRIBUTE(capability(name))
#define TRILOOP_SCOPED_CAPABILITY TRILOOP_THREAD_ATTRIBUTE(scoped_lockable)
#define TRILOOP_GUARDED_BY(mutex) TRILOOP_THREAD_ATTRIBUTE(guarded_by(mutex))
#define TRILOOP_REQUIRES(...) TRILOOP_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TRILOOP_EXCLUDES(...) TRILOOP_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define TRILOOP_ACQUIRE(...) TRILOOP_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TRILOOP_RELEASE(...) TRILOOP_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace triloop {

/// The clock of every deadline: never set back, so a deadline cannot move.
using Clock = std::chrono::steady_clock;
/// An instant of it: `Clock::now() + std::chrono::seconds(1)`.
using TimePoint = Clock::time_point;

/// "Wait without a deadline", wherever a deadline is asked for.
constexpr TimePoint kNever = TimePoint::max();

/// "Do not wait at all", likewise: a deadline that has always passed.
constexpr TimePoint kNow = TimePoint{};

// -- For triloop itself ------------------------------------------------------------------------

/// An atomic value. Used only where a mutex would be wrong, and then the member says why.
template <typename T>
using Atomic = std::atomic<T>;

/// A number that is only looked at: a figure for people, by which no thread decides anything. It
/// orders nothing, and so costs nothing.
template <typename T>
class Gauge {
 public:
  T get() const { return value_.load(std::memory_order_relaxed); }
  void set(T value) { value_.store(value, std::memory_order_relaxed); }
  /// Returns the sum.
  T add(T value) { return value_.fetch_add(value, std::memory_order_relaxed) + value; }

 private:
  std::atomic<T> value_{};
};

/// The time of a meter or of a trace: what Gauge is among the atomics. No thread decides anything
/// by it, so a scheduler of a test's own need not ask whether time passes just there.
struct GaugeClock {
  static TimePoint now() { return Clock::now(); }
};

/// A flag that is only a hint: who sees it set still has to look whether there is what it promises,
/// and nothing is lost if it is seen late. It orders nothing, and so costs nothing.
class Hint {
 public:
  bool get() const { return value_.load(std::memory_order_relaxed); }
  void set(bool value) { value_.store(value, std::memory_order_relaxed); }

 private:
  std::atomic<bool> value_{false};
};

/// Mutual exclusion. Held only through MutexLock; never two at a time, unless somebody says why.
class TRILOOP_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() TRILOOP_ACQUIRE() { mutex_.lock(); }
  void unlock() TRILOOP_RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class TRILOOP_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TRILOOP_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() TRILOOP_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Condition variable. Wakes may be spurious, so every wait stands in a loop over its predicate:
/// `while (!ready_) became_ready_.wait(mutex_);` Whoever notifies has held the mutex since the
/// predicate changed, or holds it still; and to notify_one() those who wait are all the same.
///
/// On futex(2), and no std::condition_variable. Whoever comes back from a wait in glibc's takes the
/// mutex as if others wanted it, too, and so pays for a system call that wakes nobody when it lets
/// go: one in three of a hand-over. And a connection has ten of these, of 48 bytes each.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  /// Releases the mutex, blocks until notified (or for no reason), takes the mutex again.
  void wait(Mutex& mutex) TRILOOP_REQUIRES(mutex) { wait_until(mutex, kNever); }

  /// As wait(), but no longer than until `deadline`. False if the deadline has passed.
  bool wait_until(Mutex& mutex, TimePoint deadline) TRILOOP_REQUIRES(mutex) {
    // First the turn, then the flag: whoever takes the flag from now on ends this turn, too, and
    // the kernel puts nobody to sleep whose turn is over.
    const std::uint32_t turn = turn_.load(std::memory_order_relaxed);
    anybody_.store(true, std::memory_order_release);
    waiters_.fetch_add(1, std::memory_order_relaxed);
    mutex.mutex_.unlock();
    const bool in_time = sleep(turn, deadline);
    mutex.mutex_.lock();
    waiters_.fetch_sub(1, std::memory_order_relaxed);
    return in_time;
  }

  /// Wakes at least one of those who wait.
  void notify_one() noexcept {
    if (waiters_.load(std::memory_order_relaxed) <= 1) return notify_all();
    end_turn(1);
  }

  /// Wakes all who wait.
  void notify_all() noexcept {
    // The one who takes the flag wakes all, and those who come next have nothing to do.
    if (!anybody_.load(std::memory_order_relaxed)) return;
    if (anybody_.exchange(false, std::memory_order_acquire)) end_turn(INT_MAX);
  }

 private:
  void end_turn(int wakes) noexcept {
    turn_.fetch_add(1, std::memory_order_relaxed);
    ::syscall(SYS_futex, &turn_, FUTEX_WAKE_PRIVATE, wakes, nullptr, nullptr, 0);
  }

  bool sleep(std::uint32_t turn, TimePoint deadline) noexcept {
    using std::chrono::nanoseconds;
    constexpr std::int64_t kPerSecond = 1'000'000'000;
    const std::int64_t at = std::max<std::int64_t>(
        std::chrono::duration_cast<nanoseconds>(deadline.time_since_epoch()).count(), 0);
    timespec until{};
    until.tv_sec = static_cast<std::time_t>(at / kPerSecond);
    until.tv_nsec = static_cast<long>(at % kPerSecond);
    const long result =
        ::syscall(SYS_futex, &turn_, FUTEX_WAIT_BITSET_PRIVATE, turn,
                  deadline == kNever ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno != ETIMEDOUT;
  }

  // What the kernel compares: changed whenever somebody is woken.
  std::atomic<std::uint32_t> turn_{0};
  static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "a futex is four bytes");
  // Is there anybody who is not woken by a notify that has begun? Set by each who waits.
  std::atomic<bool> anybody_{false};
  // Changed under the mutex. Not atomic for its own sake: notify_one() looks at it without.
  std::atomic<std::uint16_t> waiters_{0};
};

/// What debuggers and `top -H` call the calling thread: the first 15 bytes of `name`, for more
/// does not fit (TASK_COMM_LEN, pthread_setname_np(3)).
inline void name_this_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

/// A named thread that is always joined: by join(), or at the latest by the destructor.
///
/// On pthreads rather than std::thread, which cannot be told how large a stack to take.
class Thread {
 public:
  Thread() = default;

  /// Starts `body` on a new thread with a stack of `stack_bytes`; 0 is the system's default. Throws
  /// std::system_error if the system has no thread left (pthread_create: EAGAIN). An exception that
  /// leaves `body` ends the program.
  Thread(std::string name, std::function<void()> body, std::size_t stack_bytes = 0) {
    auto start = std::make_unique<Start>(Start{std::move(name), std::move(body)});
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    int error = stack_bytes == 0 ? 0 : ::pthread_attr_setstacksize(&attributes, stack_bytes);
    if (error == 0) error = ::pthread_create(&handle_, &attributes, &Thread::run, start.get());
    ::pthread_attr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category(), "no thread left");
    static_cast<void>(start.release());  // the new thread owns it now
    joinable_ = true;
  }

  Thread(Thread&& other) noexcept
      : handle_(other.handle_), joinable_(std::exchange(other.joinable_, false)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    handle_ = other.handle_;
    joinable_ = std::exchange(other.joinable_, false);
    return *this;
  }
  ~Thread() { join(); }

  /// Has it been started, and not been joined?
  bool joinable() const { return joinable_; }

  /// Blocks until the thread has ended; freed by nothing else. Does nothing the second time.
  void join() {
    if (std::exchange(joinable_, false)) ::pthread_join(handle_, nullptr);
  }

 private:
  struct Start {
    std::string name;
    std::function<void()> body;
  };

  static void* run(void* argument) noexcept {
    const std::unique_ptr<Start> start(static_cast<Start*>(argument));
    name_this_thread(start->name);
    start->body();
    return nullptr;
  }

  pthread_t handle_{};
  bool joinable_ = false;
};

}  // namespace triloop
