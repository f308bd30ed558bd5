// What the servers to compare with share: their port, how they say it, how they end.
#pragma once

#include <pthread.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace bench {

struct Arguments {
  std::uint16_t port = 0;  // 0: a free one
  bool compress = false;   // permessage-deflate
  bool room = false;       // what one says all hear; else an echo
  bool talk = false;       // an echo that also does what it is told: for the tests of a client
};

/// `[--port N] [--compress] [--room] [--talk]`.
inline Arguments arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--compress") {
      arguments.compress = true;
    } else if (name == "--room") {
      arguments.room = true;
    } else if (name == "--talk") {
      arguments.talk = true;
    } else if (name == "--port" && i + 1 < argc) {
      arguments.port = static_cast<std::uint16_t>(std::stoul(argv[++i]));
    } else {
      std::cerr << "usage: " << argv[0] << " [--port PORT] [--compress] [--room] [--talk]\n";
      std::exit(2);
    }
  }
  return arguments;
}

/// Leaves SIGTERM to wait_for_sigterm(). Before the first thread starts.
inline void block_sigterm() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

inline void announce(std::uint16_t port) {
  std::cout << "listening on http://127.0.0.1:" << port << "/" << std::endl;
}

/// Blocks until SIGTERM and ends the process at once: what these servers are compared by is over
/// by then, so their threads are not joined.
[[noreturn]] inline void wait_for_sigterm() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  int signal = 0;
  sigwait(&signals, &signal);
  std::_Exit(0);
}

}  // namespace bench
