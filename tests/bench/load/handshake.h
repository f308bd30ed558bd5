#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "traffic.h"

namespace load {

/// The request of a client that is about to send `traffic`.
std::string request_for(const Traffic& traffic);

/// What a response agreed to.
struct Agreed {
  std::size_t head_bytes = 0;  // of the response, its empty line included
  bool carries_over = false;   // the server may refer to earlier messages when it compresses
};

/// The response at the start of `bytes`; nullopt while it is incomplete. Throws if it is endless,
/// no upgrade, or not what `traffic` needs.
std::optional<Agreed> take_response(const Traffic& traffic, std::string_view bytes);

}  // namespace load
