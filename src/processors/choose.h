/// The processors that the program offers by name.
#pragma once

#include <string>

#include "processors/parallel.h"
#include "triloop/server.h"

namespace triloop {

/// `--processor NAME`, and what belongs to one of them.
struct ProcessorChoice {
  std::string name = "echo";
  ParallelOptions parallel;
};

/// Gives /ws to the processor of that name. `print` is echo's. Before
/// run().
void serve_processor(Server& server, const ProcessorChoice& choice, bool print);

}  // namespace triloop
