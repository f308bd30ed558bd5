// Tables of what one end sends and what must come back, and how they are checked. They are written
// for a client that sends and a server that is tried; turned around (turned.cpp, where
// frames_are_masked() is false) a server sends, and a client is tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/running_server.h"
#include "support/test_client.h"
#include "wire.h"

namespace triloop::testing {

/// A message as it must come back.
struct Echo {
  Opcode opcode;
  std::string payload;
};
inline Echo text(std::string payload) { return {Opcode::text, std::move(payload)}; }
inline Echo binary(std::string payload) { return {Opcode::binary, std::move(payload)}; }

/// The client sends `bytes`, and no more, and leaves its side open. Then the server must send the
/// echoes, the pongs, one Close frame with `code`, and end the stream.
struct Case {
  std::string name;
  std::string bytes;
  std::vector<Echo> echoes;
  std::vector<std::string> pongs;
  std::uint16_t code = 1000;
  std::optional<std::string> reason = {};  // of the Close frame, where it matters
};

/// What is allowed. The client closes behind it with 1000.
Case good(std::string name, std::string bytes, std::vector<Echo> echoes,
          std::vector<std::string> pongs = {});

/// What is not allowed: the server closes, by itself, with `code`.
Case bad(std::string name, std::string bytes, std::uint16_t code, std::vector<Echo> echoes = {},
         std::vector<std::string> pongs = {});

/// Echoes, but does what a message says that begins with '!': "!return", "!throw",
/// "!close CODE REASON".
void obedient_echo(Connection& connection);

/// Deadlines so long that a case which ends has not needed them.
Options patient_server_options();

/// Is that what must come back?
void check(const Transcript& seen, const Case& one);

/// Checks every case in every delivery.
void check(const std::vector<Case>& cases, const Options& options = patient_server_options());

// -- Frames that a proper client does not send ----------------------------------------------------

/// A frame byte for byte: the whole first byte; the length in 7 bits, 16 (126) or 64 (127); the
/// length that is claimed. Masked, if anything is.
std::string raw_frame(int first_byte, int form, std::uint64_t claimed, std::string_view payload);

/// As `frame`, which has a 7-bit length, but without mask.
std::string unmasked(std::string frame);

/// With this masking key, unless nothing is masked.
std::string masked_with(const std::string& key, int first_byte, std::string_view payload);

/// `message` in as many fragments as `pieces`.
std::string fragments(Opcode opcode, const std::vector<std::string>& pieces);

std::string hex(unsigned value);

}  // namespace triloop::testing
