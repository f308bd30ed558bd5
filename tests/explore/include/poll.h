// Stands before the system's <poll.h> where the accept loop is explored; see
// tests/explore/kernel.h.
#pragma once

struct pollfd {
  int fd;
  short events;
  short revents;
};
constexpr short POLLIN = 1;

int poll(pollfd* events, unsigned long count, int timeout_ms);
