/// Descriptors of which one may be readable.
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

#include "net/socket.h"

namespace triloop {

/// Readable while one of those in it is: epoll(7). One thread.
class EpollSet {
 public:
  EpollSet() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_.number() < 0) throw failed("epoll_create1");
  }

  void add(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(descriptor_.number(), EPOLL_CTL_ADD, descriptor, &event) < 0) {
      throw failed("epoll_ctl");
    }
  }

  /// To close it is not enough while another process has it, too.
  void remove(int descriptor) {
    ::epoll_ctl(descriptor_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
  }

  int descriptor() const { return descriptor_.number(); }

 private:
  static std::system_error failed(const char* what) {
    return {errno, std::generic_category(), what};
  }

  const Descriptor descriptor_;
};

}  // namespace triloop
