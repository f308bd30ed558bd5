/// What systemd is told about the service: sd_notify(3), without libsystemd.
#pragma once

#include <string_view>

namespace triloop {

/// Sends `state` ("READY=1", "STOPPING=1") to the service manager that started the program; without
/// one it does nothing. Blocks while the manager's socket is full, for a second at most. Errors are
/// passed over: a service must run also when nobody listens to it.
void notify_service_manager(std::string_view state) noexcept;

}  // namespace triloop
