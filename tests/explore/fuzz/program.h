// A small program for the fuzzer: what its threads do, as text and in memory.
//
//     preemptions 2
//     spurious no
//     thread 0
//       start t1
//       lock m0
//       wait_until c0 m0 2
//       unlock m0
//       join t1
//     thread 1
//       store a0 1
//       if notify_one c0
//
// Thread 0 is the scenario itself. Each other one is started once, by one with a lower number, who
// joins it. `if` before an operation: only if what this thread saw last is not 0. Variable v0 is
// guarded by mutex m0, v1 by m1. Object p0 is thread 0's at first, by a shared_ptr; all have a
// weak_ptr to it. A deadline is so many seconds after the time that the thread has
// read last (`now`), or after the beginning if it has read none.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace explore::fuzz {

using Small = std::int8_t;  // states are compared byte by byte, and there are many
constexpr int kMostThreads = 4;
constexpr int kMostOperations = 24;  // of one thread
constexpr int kMostObjects = 3;      // of each kind
constexpr int kMostValue = 9;
constexpr int kMostSeconds = 100;  // of all deadlines together
constexpr int kUnbounded = -1;

struct Operation {
  // To add a kind: its line in `kForms` (program.cpp), what it means (operations.cpp), what it
  // does under the explorer (play.cpp), and how often it comes (generator.cpp).
  enum Kind : Small {
    kLock,
    kUnlock,
    kWait,
    kWaitUntil,   // sees 0 if the deadline ended it, else 1
    kAwait,       // while (variable != value) wait
    kAwaitUntil,  // the same until a deadline: sees 0 if it has passed, else 1
    kNotifyOne,
    kNotifyAll,
    kLoad,
    kStore,
    kUp,  // ++
    kDown,
    kExchange,
    kRead,
    kWrite,
    kTouch,  // an exchange without a lock: explore::touch() says so
    kAnyMoment,
    kNow,
    kReset,     // of this thread's shared_ptr, if it has one
    kLockWeak,  // it has one then, unless the object is gone: sees 0 if it is, else 1
    kExpired,
    kStart,
    kJoin,
  };
  Kind kind = kLoad;
  bool only_if = false;
  Small object = 0;  // condition, atomic, variable, thread...; or the mutex of a lock and an unlock
  Small mutex = 0;   // of a wait
  Small value = 0;
  Small deadline = 0;

  bool is_wait() const { return kind >= kWait && kind <= kAwaitUntil; }
  bool has_deadline() const { return kind == kWaitUntil || kind == kAwaitUntil; }
  bool is_of_pointer() const { return kind >= kReset && kind <= kExpired; }
};

using Body = std::vector<Operation>;

struct Program {
  int preemptions = 2;  // compared with at most 0, 1, ... so many; or kUnbounded
  bool spurious = true;
  std::vector<Body> threads;
};

/// Empty if the program can be run; else why not.
std::string what_is_wrong(const Program& program);

/// Does a thread lock a mutex, or join, while it holds another one? The scenario has to say so.
bool nests_locks(const Program& program);
bool has_deadlines(const Program& program);
bool has_pointers(const Program& program);

std::string text(const Operation& operation);
std::string text(const Program& program);

/// Throws std::invalid_argument on a line that it does not understand, and on a wrong program.
Program parse(std::istream& in);

}  // namespace explore::fuzz
