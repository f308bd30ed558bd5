#include "net/liveness.h"

#include <algorithm>

namespace triloop {

TimePoint Liveness::listen_until() const {
  if (!asks_) return kNever;
  const TimePoint now = Clock::now();
  const MutexLock lock(mutex_);
  if (!question_ || question_->where == Question::kUnsent) return now + pong_timeout_;
  if (question_->where == Question::kArrived) return question_->since + pong_timeout_;
  return std::min(next_look(now), question_->since + write_timeout_);
}

void Liveness::heard() {
  const MutexLock lock(mutex_);
  question_.reset();
}

void Liveness::asks() {
  const Delivery before = socket_.delivery();
  const MutexLock lock(mutex_);
  if (question_) return;
  question_ = Question{Question::kUnsent, before.sent, before.acknowledged, TimePoint{}};
}

TimePoint Liveness::has_asked() {
  const TimePoint now = Clock::now();
  const MutexLock lock(mutex_);
  if (question_ && question_->where == Question::kUnsent) {
    const bool nothing_before = question_->acknowledged == question_->sent_before;
    question_->where = nothing_before ? Question::kArrived : Question::kOnItsWay;
    question_->since = now;
  }
  return next_look(now);
}

TimePoint Liveness::look() {
  const std::uint64_t acknowledged = socket_.delivery().acknowledged;
  const TimePoint now = Clock::now();
  const MutexLock lock(mutex_);
  if (question_ && question_->where == Question::kOnItsWay) has_moved(acknowledged, now);
  return next_look(now);
}

TimePoint Liveness::next_look(TimePoint now) const {
  const bool on_its_way = question_ && question_->where == Question::kOnItsWay;
  return on_its_way ? now + Clock::duration(pong_timeout_) / kLooks : kNever;
}

// A ping that is on its way: have acknowledgements come, and so perhaps itself?
bool Liveness::has_moved(std::uint64_t acknowledged, TimePoint now) {
  Question& question = *question_;
  if (acknowledged >= question.sent_before) {
    question.where = Question::kArrived;
  } else if (acknowledged <= question.acknowledged) {
    return false;
  }
  question.acknowledged = acknowledged;
  question.since = now;
  return true;
}

// The clock is read before the look, so that the look covers all of the time that has passed; and
// again behind it, so that what has moved counts from no earlier than it did.
Liveness::Verdict Liveness::judge() {
  const TimePoint before = Clock::now();
  const std::uint64_t acknowledged = socket_.delivery().acknowledged;
  const TimePoint after = Clock::now();
  const MutexLock lock(mutex_);
  if (!question_ || question_->where == Question::kUnsent) return Verdict::kAlive;
  if (question_->where == Question::kArrived) {
    return before < question_->since + pong_timeout_ ? Verdict::kAlive : Verdict::kSilent;
  }
  if (has_moved(acknowledged, after)) return Verdict::kAlive;
  return before < question_->since + write_timeout_ ? Verdict::kAlive : Verdict::kTakesNothing;
}

}  // namespace triloop
