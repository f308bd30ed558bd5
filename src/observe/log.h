/// What a connection leaves in the log.
#pragma once

#include <cstdint>

#include "triloop/latch.h"
#include "triloop/request.h"

namespace triloop {

void log_open(std::uint64_t id, const Request& request);

/// The processor threw; `what` is nullptr if that is no std::exception. Without memory for the line
/// there is none.
void log_throw(std::uint64_t id, const char* what) noexcept;

/// Why its ending began, and why it was over.
void log_end(std::uint64_t id, const CloseReason& first, const CloseReason& last);

}  // namespace triloop
