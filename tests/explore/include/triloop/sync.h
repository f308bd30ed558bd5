/// The explorer's own triloop/sync.h: the same names, and every operation is a choice of the
/// scheduler's. It stands first on the include path of what is explored.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include "scheduler.h"

#define TRILOOP_CAPABILITY(name)
#define TRILOOP_SCOPED_CAPABILITY
#define TRILOOP_GUARDED_BY(mutex)
#define TRILOOP_REQUIRES(...)
#define TRILOOP_EXCLUDES(...)
#define TRILOOP_ACQUIRE(...)
#define TRILOOP_RELEASE(...)

namespace triloop {

// Who calls stands in the events by his line, `where`. An operator or a destructor cannot ask for
// it.

/// Time stands still, except that it jumps to a deadline when a wait for it ends. To look is a
/// choice point: it may do so just before.
struct Clock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;
  static time_point now(explore::Where where = explore::here()) { return explore::now(where); }
};
using TimePoint = Clock::time_point;
constexpr TimePoint kNever = TimePoint::max();
constexpr TimePoint kNow = TimePoint{};

/// No choice point: no thread decides anything by it.
struct GaugeClock {
  static TimePoint now() { return explore::glance_at_the_clock(); }
};

template <typename T>
class Atomic {
 public:
  constexpr Atomic(T value = {}) : value_(value) {}  // NOLINT: as std::atomic
  ~Atomic() { explore::destroy(state_); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  T load(std::memory_order /*order*/ = std::memory_order_seq_cst,
         explore::Where where = explore::here()) const {
    explore::point(explore::Operation::kLoad, state_, /*writes=*/false, where);
    return value_;
  }
  void store(T value, std::memory_order /*order*/ = std::memory_order_seq_cst,
             explore::Where where = explore::here()) {
    explore::point(explore::Operation::kStore, state_, /*writes=*/true, where);
    value_ = value;
  }
  T exchange(T value, explore::Where where = explore::here()) {
    explore::point(explore::Operation::kExchange, state_, /*writes=*/true, where);
    return std::exchange(value_, value);
  }
  T operator++() {
    explore::point(explore::Operation::kCountUp, state_, /*writes=*/true);
    return ++value_;
  }
  T operator--() {
    explore::point(explore::Operation::kCountDown, state_, /*writes=*/true);
    return --value_;
  }
  operator T() const { return load(std::memory_order_seq_cst, {}); }  // NOLINT: as std::atomic
  T operator=(T value) {                                              // NOLINT: as std::atomic
    store(value, std::memory_order_seq_cst, {});
    return value;
  }
  // For a watch: no choice point.
  T peek() const { return value_; }

 private:
  T value_;
  mutable explore::AtomicState state_;
};

/// No choice point: no thread decides anything by it.
template <typename T>
class Gauge {
 public:
  T get() const { return value_; }
  void set(T value) { value_ = value; }
  T add(T value) { return value_ += value; }

 private:
  T value_{};
};

/// Nor here: nothing is lost if it is seen late.
class Hint {
 public:
  bool get() const { return value_; }
  void set(bool value) { value_ = value; }

 private:
  bool value_ = false;
};

class Mutex {
 public:
  Mutex() = default;
  ~Mutex() { explore::destroy(state_); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock(explore::Where where = explore::here()) { explore::lock(state_, where); }
  void unlock(explore::Where where = explore::here()) { explore::unlock(state_, where); }

 private:
  friend class CondVar;
  explore::MutexState state_;
};

class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex, explore::Where where = explore::here()) : mutex_(mutex) {
    mutex_.lock(where);
  }
  ~MutexLock() { mutex_.unlock({}); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  CondVar() = default;
  ~CondVar() { explore::destroy(state_); }
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;
  void wait(Mutex& mutex, explore::Where where = explore::here()) {
    explore::wait(state_, mutex.state_, kNever, where);
  }
  bool wait_until(Mutex& mutex, TimePoint deadline, explore::Where where = explore::here()) {
    return explore::wait(state_, mutex.state_, deadline, where);
  }
  void notify_one(explore::Where where = explore::here()) {
    explore::notify(state_, /*all=*/false, where);
  }
  void notify_all(explore::Where where = explore::here()) {
    explore::notify(state_, /*all=*/true, where);
  }

 private:
  explore::CondState state_;
};

inline void name_this_thread(const std::string& /*name*/) {}

class Thread {
 public:
  Thread() = default;
  Thread(std::string name, std::function<void()> body, std::size_t /*stack_bytes*/ = 0,
         explore::Where where = explore::here())
      : id_(explore::start(std::move(name), std::move(body), where)) {
    if (id_ == explore::kNobody) {
      throw std::system_error(EAGAIN, std::generic_category(), "no thread left");
    }
  }
  Thread(Thread&& other) noexcept : id_(std::exchange(other.id_, explore::kNobody)) {}
  Thread& operator=(Thread&& other) noexcept {
    join({});
    id_ = std::exchange(other.id_, explore::kNobody);
    return *this;
  }
  ~Thread() { join({}); }
  bool joinable() const { return id_ != explore::kNobody; }
  void join(explore::Where where = explore::here()) {
    if (id_ != explore::kNobody) explore::join(std::exchange(id_, explore::kNobody), where);
  }

 private:
  int id_ = explore::kNobody;
};

}  // namespace triloop
