#include "websocket/pings.h"

#include <charconv>
#include <system_error>

namespace triloop {

Frame Pings::next() {
  const MutexLock lock(mutex_);
  ++last_;
  if (pending_.size() < kMost) pending_.push_back({last_, Clock::now()});
  return {Opcode::ping, std::to_string(last_)};
}

void Pings::pong(const std::string& payload) {
  std::uint64_t number = 0;
  const char* const end = payload.data() + payload.size();
  const auto parsed = std::from_chars(payload.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return;
  const MutexLock lock(mutex_);
  if (number > last_) return;
  while (!pending_.empty() && pending_.front().number <= number) {
    if (pending_.front().number == number) round_trip_ = Clock::now() - pending_.front().at;
    pending_.pop_front();
  }
}

std::optional<std::chrono::nanoseconds> Pings::round_trip() const {
  const MutexLock lock(mutex_);
  return round_trip_;
}

}  // namespace triloop
