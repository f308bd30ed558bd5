// The tables turned around: a server sends what stands in them, and a client is tried.
#include "turned.h"

#include <cstdint>

#include "support/catch.h"
#include "support/scripted_server.h"
#include "support/threads.h"
#include "table.h"
#include "triloop/client.h"

namespace triloop::testing {
namespace {

// Each byte by itself; of more than 1000, those at both ends, where headers are.
void send_byte_by_byte(ScriptedServer& server, std::string_view bytes) {
  constexpr std::size_t kSlow = 500;
  for (std::size_t at = 0; at < bytes.size();) {
    const bool middle = at == kSlow && bytes.size() > 2 * kSlow;
    const std::size_t size = middle ? bytes.size() - 2 * kSlow : 1;
    server.send(bytes.substr(at, size));
    at += size;
  }
}

// All that the client sends. Its Close is answered, and then the server ends its stream, as every
// server must: the client's own ends behind that.
Transcript run(Listening& listening, const ClientOptions& options, const std::string& bytes,
               Delivery delivery) {
  Client client(listening.url(), obedient_echo, options);
  client.start();
  ScriptedServer server(listening);
  server.open("", delivery == Delivery::early ? bytes : "");
  if (delivery == Delivery::at_once) server.send(bytes);
  if (delivery == Delivery::byte_by_byte) send_byte_by_byte(server, bytes);
  std::string received;
  bool answered = false;
  for (std::string more = server.receive(); !more.empty(); more = server.receive()) {
    received += more;
    if (answered || transcript(unmask_all(received)).close_codes.empty()) continue;
    answered = true;
    server.send(client_close(1000));
    server.shutdown_send();
  }
  client.wait();
  return transcript(unmask_all(received));
}

}  // namespace

bool frames_are_masked() { return false; }

std::string unmask_all(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  constexpr std::size_t kKey = 4;
  std::string plain;
  while (bytes.size() >= 2) {
    if ((byte(1) & 0x80) == 0) return plain + "\x83";  // an opcode that is a fault
    const unsigned form = byte(1) & 0x7F;
    const std::size_t header = form == 126 ? 4 : form == 127 ? 10 : 2;
    if (bytes.size() < header + kKey) break;
    std::uint64_t size = form;
    if (header > 2) size = 0;
    for (std::size_t at = 2; at < header; ++at) size = size << 8 | byte(at);
    if (bytes.size() - header - kKey < size) break;
    plain += bytes[0];
    plain += static_cast<char>(form);
    plain += bytes.substr(2, header - 2);
    const std::string_view key = bytes.substr(header, kKey);
    const std::string_view payload = bytes.substr(header + kKey, size);
    for (std::size_t i = 0; i < size; ++i) plain += static_cast<char>(payload[i] ^ key[i % kKey]);
    bytes.remove_prefix(header + kKey + size);
  }
  return plain + std::string(bytes);
}

Options patient_server_options() {
  Options options = quiet_options();
  options.write_timeout = options.close_timeout = kFailSafe;
  options.max_message_bytes = 200'000;
  return options;
}

void check(const std::vector<Case>& cases, const Options& options) {
  Listening listening;
  ClientOptions of_client;
  static_cast<PathOptions&>(of_client) = options;
  of_client.connect_timeout = of_client.handshake_timeout = of_client.write_timeout = kFailSafe;
  for (const Case& one : cases) {
    for (const Delivery delivery : kDeliveries) {
      INFO(one.name << ", " << name_of(delivery));
      const Transcript seen = run(listening, of_client, one.bytes, delivery);
      check(seen, one);
    }
  }
}

}  // namespace triloop::testing
