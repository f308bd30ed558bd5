/// The processor of the Go original: what comes in goes out.
#pragma once

#include "triloop/connection.h"

namespace triloop {

/// Answers each message with the same bytes and type, and prints it on standard output if asked.
Processor echo(bool print);

}  // namespace triloop
