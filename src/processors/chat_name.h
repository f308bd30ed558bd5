/// What rooms and members may be called.
#pragma once

#include <optional>
#include <string>

namespace triloop {

/// The name that stands in a query, percent-encoded as browsers do it; nullopt if it is none:
/// empty, too long, not UTF-8, or made to look like another one (invisible or direction marks, a
/// space at an end).
std::optional<std::string> chat_name(const std::string& encoded);

}  // namespace triloop
