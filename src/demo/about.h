/// What the server is, for its page.
#pragma once

#include <string>

#include "demo/inspect.h"
#include "demo/processors/choose.h"
#include "triloop/options.h"
#include "triloop/server.h"

namespace triloop {

/// What a page cannot see by itself.
struct About {
  std::string processor;  ///< that answers at /ws
  InspectAccess inspect = InspectAccess::kLocal;
  bool scheduler = false;  ///< is there one at /scheduler?
};

/// Adds /about.json; the schema is in docs/inspect.md. Before run().
void serve_about(Server& server, const About& about, const Options& options);

}  // namespace triloop
