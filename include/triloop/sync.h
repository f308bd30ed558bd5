/// The one place where triloop touches locks, condition variables, threads, atomics and the clock.
///
/// Two reasons to go through this header instead of `<mutex>` and `<thread>`:
///  - clang's -Wthread-safety reads the annotations and proves at compile time that every guarded
///    member is only touched under its mutex;
///  - a test build may put another header of the same name first on the include path and so run
///    the very sources that ship under a scheduler of its own.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
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
/// `while (!ready_) became_ready_.wait(mutex_);`
class CondVar {
 public:
  /// Releases the mutex, blocks until notified (or for no reason), takes the mutex again.
  void wait(Mutex& mutex) TRILOOP_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();  // the caller's MutexLock still holds it
  }

  /// As wait(), but no longer than until `deadline`. False if the deadline has passed.
  bool wait_until(Mutex& mutex, TimePoint deadline) TRILOOP_REQUIRES(mutex) {
    if (deadline == kNever) {
      wait(mutex);
      return true;
    }
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const std::cv_status status = condition_.wait_until(lock, deadline);
    lock.release();
    return status == std::cv_status::no_timeout;
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
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
