#include "echo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "demo/lab.h"
#include "demo/output.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

// A line that nobody takes is dropped: a processor that waited for it would answer nobody.
void print_line(const Connection& connection, const Message& message) {
  const bool text = message.type == MessageType::text;
  const std::string line =
      fmt::format("[{}] {} ({} bytes): {}\n", connection.id(), text ? "text" : "binary",
                  message.data.size(), printable(message.data));
  write_or_drop(STDOUT_FILENO, line);
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
