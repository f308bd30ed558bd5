#include "operations.h"

#include <utility>

namespace explore::fuzz {
namespace {

// The thread that runs, in a world.
class Actor {
 public:
  Actor(World& world, const Program& program)
      : world_(world),
        program_(program),
        id_(index(world.running)),
        self_(world.threads[id_]),
        body_(program.threads[id_]) {}

  void act() {
    if (self_.stands == Stands::kSetsOut) return reach();
    const Operation& operation = body_[index(at())];
    switch (operation.kind) {
      case Operation::kLock:
        world_.owners[index(operation.object)] = world_.running;
        return move_on();
      case Operation::kWait:
      case Operation::kWaitUntil:
      case Operation::kAwait:
      case Operation::kAwaitUntil:
        return self_.stands == Stands::kCanAct ? begin_wait(operation) : end_wait(operation);
      case Operation::kNotifyOne:
        return notify_one(operation);
      case Operation::kNotifyAll:
        return notify_all(operation);
      case Operation::kLoad:
        return see(atomic(operation));
      case Operation::kStore:
        atomic(operation) = operation.value;
        return move_on();
      case Operation::kUp:
        return see(++atomic(operation));
      case Operation::kDown:
        return see(--atomic(operation));
      case Operation::kExchange:
        return see(std::exchange(atomic(operation), operation.value));
      case Operation::kReset:
        return reset(operation);
      case Operation::kLockWeak:
        return lock_weak(operation);
      case Operation::kExpired:
        return see(count(operation) == 0 ? 1 : 0);
      case Operation::kNow:
        self_.clock = world_.so_far.clock;
        return see(self_.clock);
      default:  // it has joined, or any moment has come
        return move_on();
    }
  }

  // On to the next choice. What lies between two of them is done at once.
  void reach() {
    if (index(at()) == body_.size()) return stand(Stands::kDone);
    const Operation& operation = body_[index(at())];
    if (operation.only_if && self_.last == 0) return move_on();
    switch (operation.kind) {
      case Operation::kUnlock:
        world_.owners[index(operation.object)] = kNobody;
        return move_on();
      case Operation::kRead:
        return see(world_.so_far.variables[index(operation.object)]);
      case Operation::kWrite:
        world_.so_far.variables[index(operation.object)] = operation.value;
        return move_on();
      case Operation::kTouch:
        return see(std::exchange(world_.so_far.touched[index(operation.object)], operation.value));
      case Operation::kStart:  // a choice after it, not before
        world_.threads[index(operation.object)].stands = Stands::kSetsOut;
        ++at();
        return stand(Stands::kSetsOut);
      case Operation::kAwait:
      case Operation::kAwaitUntil:
        if (world_.so_far.variables[index(operation.mutex)] == operation.value) return see(1);
        return stand(Stands::kCanAct);
      case Operation::kReset:  // without a share there is nothing to do, nor with one for kLockWeak
        return share(operation) == 0 ? move_on() : stand(Stands::kCanAct);
      case Operation::kLockWeak:
        return share(operation) == 0 ? stand(Stands::kCanAct) : see(1);
      case Operation::kLock:
        return stand(Stands::kWantsMutex);
      case Operation::kJoin:
        return stand(Stands::kJoins);
      case Operation::kAnyMoment:
        return stand(Stands::kLetsOthers);
      default:
        return stand(Stands::kCanAct);
    }
  }

 private:
  Small& at() { return world_.so_far.at[id_]; }
  Small& atomic(const Operation& operation) {
    return world_.so_far.atomics[index(operation.object)];
  }
  void stand(Stands where) { self_.stands = where; }

  void see(Small value) {
    world_.so_far.seen[id_][index(at())] = value;
    self_.last = value;
    move_on();
  }
  void move_on() {
    ++at();
    reach();
  }

  // A deadline that has passed is none to wait for: the mutex is free for a moment, and that is
  // all.
  void begin_wait(const Operation& operation) {
    if (operation.has_deadline()) {
      self_.deadline = static_cast<Small>(self_.clock + operation.deadline);
    }
    const bool has_passed = self_.deadline <= world_.so_far.clock;
    world_.owners[index(operation.mutex)] = kNobody;
    self_.timed_out = has_passed ? 1 : 0;
    stand(has_passed ? Stands::kWantsMutex : Stands::kWaits);
  }

  // Who is woken after his deadline is told that it has passed.
  void end_wait(const Operation& operation) {
    world_.owners[index(operation.mutex)] = world_.running;
    const bool in_time = self_.timed_out == 0 && world_.so_far.clock < self_.deadline;
    self_.deadline = kNever;
    self_.timed_out = 0;
    const bool awaits =
        operation.kind == Operation::kAwait || operation.kind == Operation::kAwaitUntil;
    if (awaits && in_time) return reach();  // and looks again
    return operation.has_deadline() ? see(in_time ? 1 : 0) : move_on();
  }

  void notify_one(const Operation& operation) {
    if (std::exchange(self_.stands, Stands::kCanAct) == Stands::kPicks) return move_on();
    for (std::size_t id = 0; id < program_.threads.size(); ++id) {
      if (waits_for(operation.object, world_, id, program_)) stand(Stands::kPicks);
    }
    if (self_.stands != Stands::kPicks) move_on();
  }

  void notify_all(const Operation& operation) {
    for (std::size_t id = 0; id < program_.threads.size(); ++id) {
      if (waits_for(operation.object, world_, id, program_)) {
        world_.threads[id].stands = Stands::kWantsMutex;
      }
    }
    move_on();
  }

  // -- Shared pointers, as libstdc++ has them: each count by itself -------------------------------

  Small& share(const Operation& operation) { return self_.owns[index(operation.object)]; }
  Small count(const Operation& operation) const {
    Small count = 0;
    for (const Thread& thread : world_.threads) {
      if (thread.owns[index(operation.object)] != 0) ++count;
    }
    return count;
  }

  // The count of the owners falls; and if that was the last of them, the one of who knows the
  // object.
  void reset(const Operation& operation) {
    if (std::exchange(self_.counted, Small{0}) != 0) return move_on();
    share(operation) = 0;
    if (count(operation) != 0) return move_on();
    self_.counted = 1;
  }

  // It looks how many own the object; becomes one more of just so many, or looks again; and looks a
  // last time.
  void lock_weak(const Operation& operation) {
    const Small now = count(operation);
    const Small before = std::exchange(self_.counted, now);
    if (share(operation) != 0 || now == 0) {
      self_.counted = 0;
      return see(share(operation));
    }
    if (before == now) share(operation) = 1;
  }

  World& world_;
  const Program& program_;
  const std::size_t id_;
  Thread& self_;
  const Body& body_;
};

}  // namespace

World first_world(const Program& program) {
  World world;
  for (std::size_t id = 0; id < kMostObjects && id < program.threads.size(); ++id) {
    world.threads[id].owns[id] = 1;
  }
  Actor(world, program).reach();
  return world;
}

void act(World& world, const Program& program) { Actor(world, program).act(); }

}  // namespace explore::fuzz
