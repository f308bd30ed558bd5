/// The program's options: command line, environment, configuration file.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "demo/inspect.h"
#include "demo/processors/choose.h"
#include "demo/processors/scheduler.h"
#include "triloop/options.h"

namespace triloop {

struct CommandLine {
  Options server;
  ProcessorChoice processor;
  SchedulerOptions scheduler;
  std::string web_directory;  ///< empty: the page in the program
  InspectAccess inspect = InspectAccess::kLocal;
  /// After the first signal: for so long /readyz says 503, and newcomers are still let in.
  std::chrono::milliseconds drain_delay{0};
  bool ready_needs_engine = false;  ///< /readyz says 503 while the engine cannot be reached
  std::string trace_file;           ///< empty: no trace
  bool quiet = false;
  std::string log_level;
};

/// What the command line asks for. nullopt when there is nothing to run (--help, --version, a
/// mistake), after printing what there is to say; then `exit_status` is set.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status);

}  // namespace triloop
