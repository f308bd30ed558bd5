/// Lines on standard output and standard error, which nobody has to read.
#pragma once

#include <string_view>

#include "triloop/connection.h"

namespace triloop {

/// Writes `line` at once: its first PIPE_BUF bytes, if it has more. Drops it if the pipe behind
/// `descriptor` is full, because any thread of the server writes lines, and none may wait for
/// whoever should read them. Never blocks, unless another process fills the same pipe just then.
/// Any thread; lines of several do not mix.
void write_or_drop(int descriptor, std::string_view line) noexcept;

/// The message, of that connection, as a line on standard output.
void print_line(const Connection& connection, const Message& message);

}  // namespace triloop
