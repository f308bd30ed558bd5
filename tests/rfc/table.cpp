#include "table.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "support/catch.h"
#include "support/threads.h"

namespace triloop::testing {
namespace {

Transcript run(std::uint16_t port, const std::string& bytes, Delivery delivery) {
  Wire wire(port);
  wire.send(upgrade_request() + (delivery == Delivery::early ? bytes : ""));
  const std::string head = wire.head();
  if (head.rfind("HTTP/1.1 101 ", 0) != 0) throw std::runtime_error("no upgrade: " + head);
  if (delivery == Delivery::at_once) wire.send(bytes);
  if (delivery == Delivery::byte_by_byte) wire.send_byte_by_byte(bytes);
  return transcript(wire.rest());
}

}  // namespace

Options patient_server_options() {
  Options options = quiet_options();
  options.handshake_timeout = options.write_timeout = options.close_timeout =
      options.drain_timeout = kFailSafe;
  options.max_message_bytes = 200'000;
  return options;
}

void check(const std::vector<Case>& cases, const Options& options) {
  RunningServer server(obedient_echo, options);
  for (const Case& one : cases) {
    for (const Delivery delivery : kDeliveries) {
      INFO(one.name << ", " << name_of(delivery));
      const Transcript seen = run(server.port(), one.bytes, delivery);
      check(seen, one);
    }
  }
}

}  // namespace triloop::testing
