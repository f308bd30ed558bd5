// What docs/protocol.md shows of the wire is what goes over the wire.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

// The fenced block of the page that stands behind `<!-- NAME -->`, without the fences.
std::string block(const std::string& name) {
  std::ifstream page(TRILOOP_PROTOCOL_PAGE);
  std::string line, text;
  while (std::getline(page, line) && line != "<!-- " + name + " -->") {
  }
  if (!std::getline(page, line) || line.rfind("```", 0) != 0) {
    throw std::runtime_error("no block '" + name + "' in " TRILOOP_PROTOCOL_PAGE);
  }
  while (std::getline(page, line) && line != "```") text += line + "\n";
  return text;
}

// As HTTP writes it: each line ends in CR LF, and an empty one comes last.
std::string head_of(const std::string& text) {
  std::istringstream lines(text);
  std::string head;
  for (std::string line; std::getline(lines, line);) head += line + "\r\n";
  return head + "\r\n";
}

// The bytes that `who` sends: "client  81 85  FIN..." begins with them, behind two spaces.
std::string bytes_of(const std::string& who, const std::string& text) {
  std::istringstream lines(text);
  std::string bytes;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(who + "  ", 0) != 0) continue;
    std::string hex_bytes = line.substr(who.size() + 2);
    hex_bytes.resize(std::min(hex_bytes.find("  "), hex_bytes.size()));
    std::istringstream words(hex_bytes);
    for (std::string word; words >> word;) {
      bytes += static_cast<char>(std::stoi(word, nullptr, 16));
    }
  }
  return bytes;
}

std::string line_of(const char* who, std::string_view bytes, const std::string& words) {
  constexpr std::size_t kColumn = 16;
  std::string in_hex;
  for (const char c : bytes) in_hex += (in_hex.empty() ? "" : " ") + hex(c & 0xFFu);
  for (char& c : in_hex) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  in_hex.resize(std::max(in_hex.size(), kColumn), ' ');
  return std::string(who) + "  " + in_hex + words + "\n";
}

std::string name_of_opcode(unsigned opcode) {
  if (opcode == 1) return "text";
  if (opcode == 8) return "Close";
  throw std::runtime_error("the page shows neither text nor Close");
}

// Takes a short frame from the front of `bytes` and says what each of its bytes means.
std::string explain_frame(const char* who, std::string& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes.at(i)); };
  const unsigned opcode = byte(0) & 0x0F, size = byte(1) & 0x7F;
  const bool fin = (byte(0) & 0x80) != 0, masked = (byte(1) & 0x80) != 0;
  const std::size_t begin = masked ? 6 : 2;
  std::string payload = bytes.substr(begin, size);
  std::string lines =
      line_of(who, bytes.substr(0, 1),
              (fin ? "FIN, opcode " : "opcode ") + std::to_string(opcode) + ": " +
                  name_of_opcode(opcode)) +
      line_of(who, bytes.substr(1, 1),
              (masked ? "masked, " : "not masked, ") + std::to_string(size) + " bytes");
  if (masked) lines += line_of(who, bytes.substr(2, 4), "the key");
  for (std::size_t i = 0; masked && i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ bytes.at(2 + i % 4));
  }
  const auto number = [&](std::size_t i) { return static_cast<unsigned char>(payload.at(i)); };
  const std::string means =
      opcode == 8 ? "code " + std::to_string(number(0) << 8 | number(1)) : '"' + payload + '"';
  lines += line_of(who, bytes.substr(begin, size), means + (masked ? ", XOR the key" : ""));
  bytes.erase(0, begin + size);
  return lines;
}

TEST_CASE("rfc: what docs/protocol.md shows is what goes over the wire", "[rfc]") {
  RunningServer server(obedient_echo, patient_server_options());
  Wire wire(server.port());
  wire.send(head_of(block("the request")));
  CHECK(wire.head() == head_of(block("the answer")));

  std::string from_client = bytes_of("client", block("the frames"));
  REQUIRE_FALSE(from_client.empty());
  wire.send(from_client);
  std::string from_server = wire.rest();
  std::string explained;
  while (!from_client.empty()) {
    explained += explain_frame("client", from_client);
    explained += explain_frame("server", from_server);
  }
  CHECK(from_server.empty());
  CHECK(block("the frames") == explained);
}

}  // namespace
}  // namespace triloop::testing
