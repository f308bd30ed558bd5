#include "echo.h"

#include <optional>
#include <utility>

#include "delay.h"

namespace triloop {

// One message at a time. To work on several at once, see parallel.cpp.
Processor echo(const Look& look) {
  return [look](Connection& connection) {
    const auto delay = delay_of(connection);
    if (!delay) return;
    while (std::optional<Message> message = connection.read()) {
      be_slow(connection, *delay);
      if (look) look(connection, *message);
      if (!connection.write(std::move(*message))) return;
    }
  };
}

}  // namespace triloop
