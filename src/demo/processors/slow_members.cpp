#include "slow_members.h"

#include <spdlog/spdlog.h>

namespace triloop {

void SlowMembers::look_at(const Published& published, LogLater& log) {
  skipped_.add(published.skipped);
  for (const ConnectionHandle& member : published.began_to_miss) {
    log.add(
        [id = member.id()] { spdlog::warn("[{}] chat: reads too slowly: news are skipped", id); });
  }
  for (const ConnectionHandle& member : published.disconnected) {
    disconnected_.add(1);
    log.add([id = member.id(), all = disconnected()] {
      spdlog::warn("[{}] chat: reads too slowly: disconnected; so far: {}", id, all);
    });
  }
}

void SlowMembers::leaves(const std::string& name, std::uint64_t missed, LogLater& log) const {
  if (missed == 0) return;
  log.add([name, missed, all = skipped()] {
    spdlog::info("chat: '{}' missed {}; all members: {}", name, missed, all);
  });
}

}  // namespace triloop
