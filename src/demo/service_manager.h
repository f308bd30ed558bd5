/// What systemd is told about the service, and gives to it: sd_notify(3) and sd_listen_fds(3),
/// without libsystemd.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace triloop {

/// Sends `state` ("READY=1", "STOPPING=1") to the service manager that started the program; without
/// one it does nothing. Blocks while the manager's socket is full, for a second at most. Errors are
/// passed over: a service must run also when nobody listens to it.
void notify_service_manager(std::string_view state) noexcept;

/// The sockets that the service manager has opened for this process, as entries of
/// Options::listen: "fd:3", "fd:4". From then on the environment does not tell of them, and no
/// program that this one starts has them. Empty if there are none for this process. Before any
/// other thread is started, for it changes the environment. Throws std::invalid_argument if that
/// does not say how many there are.
std::vector<std::string> sockets_of_service_manager();

}  // namespace triloop
