#include "processors/echo.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "lab.h"
#include "printable.h"

namespace triloop {
namespace {

// One call of fputs, so that the lines of many connections do not mix.
void print_line(const Connection& connection, const Message& message) {
  const bool text = message.type == MessageType::text;
  const std::string line =
      fmt::format("[{}] {} ({} bytes): {}\n", connection.id(), text ? "text" : "binary",
                  message.data.size(), printable(message.data));
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

// One message at a time. To work on several at once, see parallel.cpp.
Processor echo(bool print) {
  return [print](Connection& connection) {
    const auto delay = delay_of(connection);
    if (!delay) return;
    while (std::optional<Message> message = connection.read()) {
      be_slow(connection, *delay);
      if (print) print_line(connection, *message);
      if (!connection.write(std::move(*message))) return;
    }
  };
}

}  // namespace triloop
