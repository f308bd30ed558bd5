#include "slow_members.h"

#include <spdlog/spdlog.h>

namespace triloop {

void SlowMembers::put_up_with(Member& slow, LogLater& log) {
  const auto id = slow.connection.id();
  if (policy_ == SlowMember::kSkip) {
    ++slow.missed, ++slow.missed_in_all;
    skipped_.add(1);
    if (slow.missed_in_all > 1) return;
    return log.add([id] { spdlog::warn("[{}] chat: reads too slowly: news are skipped", id); });
  }
  slow.connection.close(close_code::kPolicyViolation, "you read too slowly");
  slow.connection = ConnectionHandle();  // it hears nothing more
  disconnected_.add(1);
  log.add([id, all = disconnected()] {
    spdlog::warn("[{}] chat: reads too slowly: disconnected; so far: {}", id, all);
  });
}

void SlowMembers::leaves(const Member& member, LogLater& log) const {
  const int missed = member.missed_in_all;
  if (missed == 0) return;
  log.add([name = member.name, missed, all = skipped()] {
    spdlog::info("chat: '{}' missed {}; all members: {}", name, missed, all);
  });
}

}  // namespace triloop
