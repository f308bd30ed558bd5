#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace load {

/// What messages may be made of: "letters" (a to z), "json", "chinese", "russian", "emoji".
const std::vector<std::string>& payload_kinds();

/// Exactly `bytes` of it, valid UTF-8, drawn from `random`. What no whole character is left for is
/// filled with ASCII. None looks like a heartbeat.
std::string make_payload(const std::string& kind, std::size_t bytes, std::mt19937& random);

}  // namespace load
