#include "net/event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace triloop {
namespace {

int open_eventfd() {
  const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

Event::Event() : descriptor_(open_eventfd()) {}
Event::~Event() { ::close(descriptor_); }

void Event::signal() noexcept {
  const int interrupted = errno;  // a signal handler leaves errno as it was
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then there is nothing to add.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  errno = interrupted;
}

std::uint64_t Event::take() noexcept {
  std::uint64_t count = 0;
  return ::read(descriptor_, &count, sizeof count) == sizeof count ? count : 0;
}

}  // namespace triloop
