#include "roster.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace triloop {

void Roster::add(std::shared_ptr<const Connection> connection) {
  const MutexLock lock(mutex_);
  ++accepted_;
  const std::uint64_t id = connection->id();
  present_.emplace(id, std::move(connection));
}

void Roster::remove(std::uint64_t id) noexcept {
  const std::shared_ptr<const Connection> connection = take(id);
  if (connection == nullptr) return;  // there was no memory left to add it
  try {
    keep(connection->snapshot());
  } catch (const std::bad_alloc&) {  // nobody will see how it ended
  }
}

std::shared_ptr<const Connection> Roster::take(std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found = present_.find(id);
  if (found == present_.end()) return nullptr;
  auto connection = std::move(found->second);
  present_.erase(found);
  return connection;
}

void Roster::keep(ConnectionSnapshot last) {
  if (last.state == ConnectionSnapshot::State::handshake) return;  // never had three threads
  last.state = ConnectionSnapshot::State::ended;
  const MutexLock lock(mutex_);
  ended_.push_back(std::move(last));
  if (ended_.size() > kEnded) ended_.pop_front();
}

ServerSnapshot Roster::snapshot() const {
  ServerSnapshot now;
  std::vector<std::shared_ptr<const Connection>> present;
  {
    const MutexLock lock(mutex_);
    now.accepted = accepted_;
    now.connections.assign(ended_.begin(), ended_.end());
    for (const auto& [id, connection] : present_) present.push_back(connection);
  }
  now.time = GaugeClock::now() - since_;
  for (const auto& connection : present) now.connections.push_back(connection->snapshot());
  std::sort(now.connections.begin(), now.connections.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return now;
}

}  // namespace triloop
