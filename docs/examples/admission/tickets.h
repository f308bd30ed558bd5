/// Tickets that let somebody in once, and soon.
#pragma once

#include <triloop/sync.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "secrets.h"

/// Who may come in with which ticket. In memory: a ticket is good for this process alone; several
/// servers keep theirs together, with a lifetime, in Redis say.
///
/// Thread safety: any thread may call anything.
class Tickets {
 public:
  explicit Tickets(std::chrono::seconds lifetime) : lifetime_(lifetime) {}

  /// A ticket for `name`; nullopt while too many are out: what strangers may cause has a bound.
  std::optional<std::string> give(const std::string& name) {
    std::string ticket = random_name();
    const triloop::MutexLock lock(mutex_);
    const triloop::TimePoint now = triloop::Clock::now();
    for (auto one = out_.begin(); one != out_.end();) {
      one = one->second.until <= now ? out_.erase(one) : std::next(one);
    }
    if (out_.size() >= kMost) return std::nullopt;
    out_[ticket] = {name, now + lifetime_};
    return ticket;
  }

  /// Whose it is. It is gone then, whatever becomes of its connection: of two who come with it at
  /// once one is let in.
  std::optional<std::string> take(const std::string& ticket) {
    const triloop::MutexLock lock(mutex_);
    const auto found = out_.find(ticket);
    if (found == out_.end()) return std::nullopt;
    const Entry entry = found->second;
    out_.erase(found);
    if (entry.until <= triloop::Clock::now()) return std::nullopt;
    return entry.name;
  }

 private:
  static constexpr std::size_t kMost = 1000;

  struct Entry {
    std::string name;
    triloop::TimePoint until;
  };

  const std::chrono::seconds lifetime_;
  triloop::Mutex mutex_;
  std::map<std::string, Entry> out_ TRILOOP_GUARDED_BY(mutex_);
};
