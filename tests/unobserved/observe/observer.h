// An src/observe in which nothing is observed: the same names, and nothing behind them.
#pragma once

#include <cstdint>

namespace triloop {

class Observer {
 public:
  explicit Observer(std::uint64_t /*connection*/) {}

  struct Watched {
    ~Watched() {}  // so that none counts as unused
  };
  Watched reader() { return {}; }
  Watched processor() { return {}; }
  Watched writer() { return {}; }
};

}  // namespace triloop
