#include <sys/resource.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <system_error>

#include "options.h"
#include "scenario.h"

namespace {

constexpr rlim_t kOwnDescriptors = 64;  // all but the connections: standard ones, epoll, /proc

// A socket for each connection. The hard limit is raised too, which only root may do.
void allow_descriptors(std::size_t connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = connections + kOwnDescriptors;
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = needed;
  if (limit.rlim_max < needed) limit.rlim_max = needed;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot raise the limit of open files");
  }
}

}  // namespace

int main(int argc, char** argv) {
  int exit_status = 0;
  const auto options = load::parse_command_line(argc, argv, exit_status);
  if (!options) return exit_status;
  try {
    allow_descriptors(options->connections);
    std::cout << load::make_scenario(*options)->run().dump(2) << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "triloop_load: " << error.what() << '\n';
    return 1;
  }
}
