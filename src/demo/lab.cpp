#include "demo/lab.h"

#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "demo/processors/delay.h"

namespace triloop {
namespace {

// "!close 1000 bye": false if it is not that.
bool obey_close(Connection& connection, const std::string& text) {
  std::istringstream words(text);
  std::string command, reason;
  std::uint16_t code = 0;
  if (!(words >> command >> code) || command != "!close") return false;
  std::getline(words >> std::ws, reason);
  connection.close(code, reason);
  return true;
}

}  // namespace

void lab(Connection& connection) {
  const auto delay = delay_of(connection);
  if (!delay) return;
  while (std::optional<Message> message = connection.read()) {
    be_slow(connection, *delay);
    if (message->data == "!throw") throw std::runtime_error("the lab asked for it");
    if (obey_close(connection, message->data)) continue;
    if (!connection.write(std::move(*message))) return;
  }
}

}  // namespace triloop
