#include "observe/log.h"

#include <spdlog/spdlog.h>

#include <string>

#include "websocket/printable.h"

namespace triloop {
namespace {

std::string describe(const CloseReason& reason) {
  std::string text = fmt::format("{}, {}", name_of(reason.by), reason.code);
  if (!reason.text.empty()) text += " \"" + printable(reason.text) + '"';
  return text;
}

}  // namespace

void log_open(std::uint64_t id, const Request& request) {
  if (!spdlog::should_log(spdlog::level::info)) return;
  spdlog::info("[{}] open: {} {}", id, request.peer_address, printable(request.path));
}

void log_throw(std::uint64_t id, const char* what) noexcept {
  try {
    if (what == nullptr) {
      spdlog::error("[{}] the processor threw something that is no std::exception", id);
    } else {
      spdlog::error("[{}] the processor threw: {}", id, printable(what));
    }
  } catch (...) {
  }
}

void log_end(std::uint64_t id, const CloseReason& first, const CloseReason& last) {
  if (!spdlog::should_log(spdlog::level::info)) return;
  if (first == last) {
    spdlog::info("[{}] closed by {}", id, describe(first));
  } else {
    spdlog::info("[{}] closed by {}; cut short by {}", id, describe(first), describe(last));
  }
}

}  // namespace triloop
