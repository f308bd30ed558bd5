/// What a peer sent, made fit for a terminal or a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace triloop {

/// `text` with everything that could steer a terminal or disguise itself written as an escape:
/// control characters, what is invisible or turns the direction of writing, bytes that are not
/// UTF-8, and the backslash. Cut after `max_bytes` of it, and then says how many were left out.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace triloop
