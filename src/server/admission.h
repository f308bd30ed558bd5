/// Who may come in: a server's connections, counted by how far they have come.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "server/address_limits.h"
#include "triloop/sync.h"

namespace triloop {

class Event;

/// How many connections there are at each stage, each with a bound of its own, so that nobody who
/// is not in takes the place of somebody who may come in.
///
///     accepted --> arriving --enter()--> open
///                     |                   |   its answer does not reach it
///                     +------leave()------+------> leaving
///
/// *Arriving*: its request has not come, or not been answered. At the bound nobody is accepted;
/// peers wait in the kernel's backlog. Above half of it newcomers have to hurry, so that those who
/// drip keep the rest waiting for a moment, and not until the handshake timeout.
/// *Open*: a WebSocket. At the bound enter() says no, and the peer gets 503.
/// *Leaving*: it has got all it gets, and may take a moment to go. At the bound it may not.
///
/// Thread safety: any thread may call anything.
class Admission {
 public:
  enum Stage : std::size_t { kArriving, kOpen, kLeaving };
  using Counts = std::array<std::size_t, 3>;  // by stage

  /// Signals `room`, which must outlive it, when one more may arrive again.
  Admission(const Counts& bounds, Event& room) : bounds_(bounds), room_(room) {}

  /// May one more arrive? A yes holds until this thread makes a Place: no other one does.
  bool may_arrive() const TRILOOP_EXCLUDES(mutex_);

  /// Is anybody arriving? From now on `room` is signalled for each that arrives no more.
  bool anybody_arrives() TRILOOP_EXCLUDES(mutex_);

 private:
  friend class Place;
  bool arrive() TRILOOP_EXCLUDES(mutex_);  // does it have to hurry?
  bool has_room(Stage stage) const TRILOOP_EXCLUDES(mutex_);
  bool move(Stage from, Stage to) TRILOOP_EXCLUDES(mutex_);
  void give_back(Stage stage) TRILOOP_EXCLUDES(mutex_);
  void take_from(Stage stage) TRILOOP_REQUIRES(mutex_);

  const Counts bounds_;
  Event& room_;
  mutable Mutex mutex_;
  Counts counts_ TRILOOP_GUARDED_BY(mutex_){};
  bool each_is_awaited_ TRILOOP_GUARDED_BY(mutex_) = false;
};

/// The place of one connection: made by the accept loop, moved on by the connection's own thread,
/// gone when both are done with it. One thread at a time.
class Place {
 public:
  /// Among those who arrive.
  explicit Place(Admission& admission) : admission_(admission), in_a_hurry_(admission.arrive()) {}
  /// Likewise; and its address may not have more than these say. null: as much as it likes.
  Place(Admission& admission, AddressLimits* limits) : Place(admission) {
    if (limits != nullptr) seat_.emplace(*limits);
  }
  ~Place() { admission_.give_back(stage_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// Are there so many others that its peer has to hurry?
  bool in_a_hurry() const { return in_a_hurry_; }
  /// Would enter() say yes at this moment? Promises nothing: before somebody is asked at length.
  bool may_enter() const { return admission_.has_room(Admission::kOpen); }
  /// On to those who are open. False, and it stays where it is, if there are as many as may be.
  bool enter() { return move(Admission::kOpen); }
  /// On to those who leave, likewise. From now on its address may have another one.
  bool leave() {
    if (seat_) seat_->leave();
    return move(Admission::kLeaving);
  }
  /// Its place among those of its address; nullptr: they are not counted.
  AddressLimits::Seat* of_address() { return seat_ ? &*seat_ : nullptr; }

 private:
  bool move(Admission::Stage to) {
    if (!admission_.move(stage_, to)) return false;
    stage_ = to;
    return true;
  }

  Admission& admission_;
  const bool in_a_hurry_;
  Admission::Stage stage_ = Admission::kArriving;
  std::optional<AddressLimits::Seat> seat_;
};

}  // namespace triloop
