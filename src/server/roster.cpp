#include "server/roster.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace triloop {

void Roster::add(std::shared_ptr<const Served> served) {
  const MutexLock lock(mutex_);
  ++accepted_;
  const std::uint64_t id = served->id();
  present_.emplace(id, std::move(served));
}

// One step, so that each snapshot has it either as it is or as it was.
void Roster::remove(std::uint64_t id) noexcept {
  const std::shared_ptr<const Served> served = find(id);  // goes after the lock
  if (served == nullptr) return;                          // there was no memory left to add it
  std::list<ConnectionSnapshot> last = last_of(*served);
  const MutexLock lock(mutex_);
  present_.erase(id);
  ended_.splice(ended_.end(), last);
  if (ended_.size() > kEnded) ended_.pop_front();
}

std::shared_ptr<const Served> Roster::find(std::uint64_t id) const {
  const MutexLock lock(mutex_);
  const auto found = present_.find(id);
  return found == present_.end() ? nullptr : found->second;
}

// What is kept of it: nothing if it never had three threads, or if there is no memory left.
std::list<ConnectionSnapshot> Roster::last_of(const Served& served) noexcept {
  std::list<ConnectionSnapshot> last;
  try {
    ConnectionSnapshot now = served.snapshot();
    if (now.state == ConnectionSnapshot::State::handshake) return last;
    now.state = ConnectionSnapshot::State::ended;
    last.push_back(std::move(now));
  } catch (const std::bad_alloc&) {  // nobody will see how it ended
  }
  return last;
}

ServerSnapshot Roster::snapshot() const {
  ServerSnapshot now;
  std::vector<std::shared_ptr<const Served>> present;
  {
    const MutexLock lock(mutex_);
    now.accepted = accepted_;
    now.connections.assign(ended_.begin(), ended_.end());
    for (const auto& [id, served] : present_) present.push_back(served);
  }
  now.time = GaugeClock::now() - since_;
  for (const auto& served : present) now.connections.push_back(served->snapshot());
  std::sort(now.connections.begin(), now.connections.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return now;
}

}  // namespace triloop
