// What both ends are tried with.
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "support/catch.h"
#include "table.h"

namespace triloop::testing {
namespace {

std::string lines_of(const std::vector<Echo>& echoes) {
  std::string lines;
  for (const Echo& echo : echoes) {
    lines += (echo.opcode == Opcode::text ? "text " : "binary ") + quoted(echo.payload) + "\n";
  }
  return lines;
}

std::string lines_of(const std::vector<std::string>& pongs) {
  std::string lines;
  for (const std::string& pong : pongs) lines += quoted(pong) + "\n";
  return lines;
}

}  // namespace

void check(const Transcript& seen, const Case& one) {
  CHECK(seen.messages == lines_of(one.echoes));
  CHECK(seen.pongs == lines_of(one.pongs));
  CHECK(seen.close_codes == std::vector<std::uint16_t>{one.code});
  if (one.reason) CHECK(quoted(seen.close_reason) == quoted(*one.reason));
  CHECK(seen.faults.empty());
}

Case good(std::string name, std::string bytes, std::vector<Echo> echoes,
          std::vector<std::string> pongs) {
  return {std::move(name), bytes + client_close(1000), std::move(echoes), std::move(pongs)};
}

Case bad(std::string name, std::string bytes, std::uint16_t code, std::vector<Echo> echoes,
         std::vector<std::string> pongs) {
  return {std::move(name), std::move(bytes), std::move(echoes), std::move(pongs), code};
}

void obedient_echo(Connection& connection) {
  for (Message& message : connection) {
    const std::string& order = message.data;
    if (order == "!return") return;
    if (order == "!throw") throw std::runtime_error("as told");
    if (order.rfind("!close ", 0) == 0) {
      const std::size_t space = std::min(order.find(' ', 7), order.size() - 1);
      connection.close(static_cast<std::uint16_t>(std::atoi(order.c_str() + 7)),
                       order.substr(space + 1));
    } else if (!connection.write(std::move(message))) {
      return;
    }
  }
}

std::string raw_frame(int first_byte, int form, std::uint64_t claimed, std::string_view payload) {
  std::string frame = masked_with("\x37\xfa\x21\x3d", first_byte, payload);
  const std::size_t key = frames_are_masked() ? 4 : 0;
  const std::string masked = frame.substr(frame.size() - payload.size() - key);
  frame = {static_cast<char>(first_byte), static_cast<char>((key > 0 ? 0x80 : 0) | form)};
  const int bytes = form == 126 ? 2 : form == 127 ? 8 : 0;
  for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(claimed >> (8 * i) & 0xFF);
  return frame + masked;
}

std::string unmasked(std::string frame) {
  frame[1] = static_cast<char>(frame[1] & 0x7F);
  std::string payload = frame.substr(6);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ frame[2 + i % 4]);
  }
  return frame.substr(0, 2) + payload;
}

std::string masked_with(const std::string& key, int first_byte, std::string_view payload) {
  const bool fin = (first_byte & 0x80) != 0;
  std::string frame = client_frame(first_byte & 0x7F, payload, fin);
  if (!frames_are_masked()) return frame;
  frame.erase(frame.size() - payload.size() - 4);
  frame += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ key[i % 4]);
  }
  return frame;
}

std::string fragments(Opcode opcode, const std::vector<std::string>& pieces) {
  std::string bytes;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    bytes += client_frame(i == 0 ? static_cast<int>(opcode) : 0, pieces[i], i + 1 == pieces.size());
  }
  return bytes;
}

std::string hex(unsigned value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {kDigits[value >> 4 & 15], kDigits[value & 15]};
}

}  // namespace triloop::testing
