/// How the engine on which several servers share their rooms is reached.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace triloop {

/// How to reach it, and what is made there.
struct EngineOptions {
  std::vector<std::string> urls;     ///< "nats://a:4222"; "tls://" too
  std::string credentials;           ///< file with a user's JWT and key; empty: none
  std::string ca, certificate, key;  ///< files for TLS; empty: the system's, none, none
  std::string name = "triloop";      ///< what streams and buckets begin with
  int replicas = 0;                  ///< 0: three if there are three addresses or more, else one
  /// For how long one tries again what has not worked: longer than the election of a leader takes.
  std::chrono::milliseconds patience{8000};

  /// Asked while it is waited for at the start: is there no use in it any more?
  std::function<bool()> stop_waiting = [] { return false; };

  // Limits of the stream of lines; the oldest go first.
  std::chrono::hours keep_for{24 * 30};
  std::uint64_t keep_bytes = std::uint64_t{1} << 30;
  std::int64_t keep_lines_of_room = 1000;
};

}  // namespace triloop
