/// `triloop dial URL`: a client for a terminal and for pipes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "triloop/client_options.h"

namespace triloop {

struct DialOptions {
  std::string url;
  ClientOptions client;
  bool binary = false;    ///< lines are sent as binary messages
  std::size_t count = 0;  ///< ends after so many messages; 0: the end of the input ends it
  std::string log_level = "warn";
};

/// What the command line asks for, whose first argument is "dial". nullopt when there is nothing to
/// do, after printing what there is to say; then `exit_status` is set.
std::optional<DialOptions> parse_dial(int argc, char** argv, int& exit_status);

/// Connects. A line of standard input is a message, a message is a line on standard output. Blocks
/// until the connection has ended; freed by the end of the input, by `count`, by the server, by
/// SIGINT or SIGTERM (the second ends the program at once). Before any other thread of the program
/// is started: it blocks those two signals. Returns the exit status:
///
///     0  closed with 1000, 1001 or without a code, and all that was queued was sent
///     1  no connection, or one that broke, be it that there was another one behind it, unless it
///        is certain what was sent: a message on standard error says why
///     2  the URL or an option makes no sense
///     3  closed with another code, which standard error says
int dial(const DialOptions& options);

}  // namespace triloop
