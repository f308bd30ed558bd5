#include "slow_members.h"

#include <spdlog/spdlog.h>

namespace triloop {

void SlowMembers::look_at(const Published& published, LogLater& log) {
  for (const ConnectionHandle& member : published.disconnected) {
    disconnected_.add(1);
    log.add([id = member.id(), all = disconnected()] {
      spdlog::warn("[{}] chat: reads too slowly: disconnected; so far: {}", id, all);
    });
  }
}

void SlowMembers::fell_behind(const ConnectionHandle& member, bool first_time, LogLater& log) {
  fallen_behind_.add(1);
  if (!first_time) return;
  log.add([id = member.id(), all = fallen_behind()] {
    spdlog::warn("[{}] chat: reads too slowly: gets its lines later; so far: {}", id, all);
  });
}

}  // namespace triloop
