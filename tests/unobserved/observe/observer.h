// An src/observe in which nothing is observed: the same names, and nothing behind them.
#pragma once

#include <cstdint>

#include "triloop/sync.h"

namespace triloop {

class Observer {
 public:
  Observer(std::uint64_t connection, TimePoint /*accepted_at*/) : connection_(connection) {}

  struct Watched {
    ~Watched() {}  // so that none counts as unused
  };
  Watched reader() { return {}; }
  Watched processor() { return {}; }
  Watched writer() { return {}; }

  std::uint64_t connection() const { return connection_; }

 private:
  const std::uint64_t connection_;
};

}  // namespace triloop
