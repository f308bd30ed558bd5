#include "server/address_limits.h"

#include <algorithm>

namespace triloop {
namespace {

constexpr std::size_t kLeastBurst = 10;

// More than come in with a handshake, so that buckets that are full again go, and none waits for
// all.
constexpr int kForgottenAtOnce = 2;

constexpr std::size_t kHostBytes = 8;  // of an IPv6 address, behind the /64

// Whom the limits take for one peer; nullopt: nobody.
std::optional<IpAddress> one_peer(const std::string& peer_address) {
  std::optional<IpAddress> address = ip_of(peer_address);
  if (address && !address->is_ipv4() && !address->is_link_local()) {
    std::fill(address->bytes.end() - kHostBytes, address->bytes.end(), std::uint8_t{0});
  }
  return address;
}

}  // namespace

AddressLimits::AddressLimits(const Bounds& bounds)
    : bounds_(bounds),
      burst_(std::max(bounds.handshakes_per_second, kLeastBurst)),
      each_(std::chrono::duration_cast<Clock::duration>(std::chrono::seconds(1)) /
            std::max<Clock::rep>(static_cast<Clock::rep>(bounds.handshakes_per_second), 1)) {}

std::chrono::seconds AddressLimits::take_token(const std::string& peer, TimePoint now) {
  if (bounds_.handshakes_per_second == 0) return {};
  const std::optional<IpAddress> address = one_peer(peer);
  if (!address) return {};
  const MutexLock lock(mutex_);
  const auto found = buckets_.find(*address);
  const TimePoint full = found == buckets_.end() ? now : std::max(found->second, now);
  // With one token less it is full so much later; when it is empty that is `burst` tokens ahead.
  const TimePoint next = full + each_;
  const auto ahead = next - now - each_ * static_cast<Clock::rep>(burst_);
  if (ahead > Clock::duration::zero()) return std::chrono::ceil<std::chrono::seconds>(ahead);
  if (found != buckets_.end()) forget(by_fullness_.find({found->second, *address}));
  for (int more = kForgottenAtOnce; more > 0 && !by_fullness_.empty(); --more) {
    const bool no_room = buckets_.size() >= bounds_.addresses;
    if (by_fullness_.begin()->first > now && !no_room) break;
    forget(by_fullness_.begin());
  }
  const auto in_order = by_fullness_.emplace(next, *address).first;
  try {
    buckets_.emplace(*address, next);
  } catch (...) {  // no memory left
    by_fullness_.erase(in_order);
    throw;
  }
  return {};
}

void AddressLimits::forget(ByFullness::iterator bucket) {
  buckets_.erase(bucket->second);
  by_fullness_.erase(bucket);
}

std::size_t AddressLimits::addresses() const {
  const MutexLock lock(mutex_);
  return buckets_.size();
}

bool AddressLimits::add(const IpAddress& peer) {
  const MutexLock lock(mutex_);
  std::size_t& count = connections_[peer];
  if (count == bounds_.connections) return false;  // so it is not 0, and the entry no new one
  ++count;
  return true;
}

void AddressLimits::remove(const IpAddress& peer) noexcept {
  const MutexLock lock(mutex_);
  const auto found = connections_.find(peer);
  if (--found->second == 0) connections_.erase(found);
}

bool AddressLimits::Seat::enter(const std::string& peer) {
  if (limits_.bounds_.connections == 0) return true;
  const std::optional<IpAddress> address = one_peer(peer);
  if (!address) return true;
  if (!limits_.add(*address)) return false;
  counted_ = address;
  return true;
}

void AddressLimits::Seat::leave() noexcept {
  if (counted_) limits_.remove(*counted_);
  counted_.reset();
}

}  // namespace triloop
