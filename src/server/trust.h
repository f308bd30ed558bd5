/// Whose word a server takes for who is at the other end.
#pragma once

#include "net/network.h"
#include "triloop/options.h"

namespace triloop {

/// The networks of the options, parsed. Constant once it is made.
struct Trust {
  Trust() = default;
  /// Throws std::invalid_argument that names the option.
  explicit Trust(const Options& options)
      : proxy_protocol(options.proxy_protocol_from, "proxy_protocol_from"),
        forwarded(options.forwarded_from, "forwarded_from") {}

  Networks proxy_protocol;  ///< who has to begin with a PROXY header
  Networks forwarded;       ///< who may say in a header of HTTP for whom it asks
};

}  // namespace triloop
